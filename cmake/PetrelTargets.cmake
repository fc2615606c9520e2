# petrel_library(NAME SOURCES ... [PUBLIC deps...] [PRIVATE deps...])  one static library of a folder
# petrel_program(NAME SOURCES ... PRIVATE deps...)                     an executable, put into <build>/bin
# petrel_test(NAME SOURCES ... PRIVATE deps... [PROPERTIES ctest properties...])  a GoogleTest binary; each TEST is a ctest
include(PetrelUnity)

add_library(petrel_flags INTERFACE)
target_include_directories(petrel_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(petrel_flags INTERFACE
  -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers -Werror
  -fstack-protector-strong -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(petrel_flags INTERFACE -Wthread-safety)
endif()
if(PETREL_UNITY) # one takes an included source for a header, the other takes offence at names of another source
  target_compile_options(petrel_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage> -Wno-shadow)
endif()
if(PETREL_SANITIZE)
  add_compile_options(-fsanitize=${PETREL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PETREL_SANITIZE})
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

# petrel_uses_regex(TARGET...): with sanitizers GCC takes std::regex for uninitialized, on paths that only their checks have made.
function(petrel_uses_regex)
  foreach(target IN LISTS ARGN)
    if(PETREL_SANITIZE AND TARGET ${target})
      target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    endif()
  endforeach()
endfunction()

function(petrel_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  petrel_unity(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE petrel_flags ${ARG_PRIVATE})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

function(petrel_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PRIVATE" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  petrel_unity(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE petrel_flags ${ARG_PRIVATE})
endfunction()

function(petrel_test name)
  if(NOT PETREL_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;PRIVATE;PROPERTIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  petrel_unity(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE petrel_flags ${ARG_PRIVATE} GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX ${name}/ PROPERTIES TIMEOUT 120 ${ARG_PROPERTIES})
endfunction()
