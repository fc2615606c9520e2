# PETREL_UNITY: most of a compiler's time goes into headers and templates that the sources of a folder share. Eight sources in one
# unit take half of what they take one by one. That is for builds from nothing; who changes a source and builds again, and who
# wants to know that each source includes what it uses, is served better without.
#
# Sources of a unit share an anonymous namespace, so no two of them declare the same name, not even as an overload. The loggers
# are an exception: each source has a kLog, and CMake makes that another name in each source of a unit.
set(PETREL_UNIT_SOURCES_MAX 8)

# petrel_declared(NAMES SOURCE): what SOURCE declares outside of classes and functions, that is at the start of a line. Members
# that are defined there (Type Class::name) are not among it.
function(petrel_declared names source)
  file(READ ${source} text)
  string(REGEX MATCHALL "\n[A-Za-z][^]\n({=;[]*" heads "${text}") # up to ( { = ; or [
  set(found "")
  foreach(head IN LISTS heads)
    if(head MATCHES "^\n(struct|class|enum class|enum) ([A-Za-z0-9_]+)")
      list(APPEND found ${CMAKE_MATCH_2})
    elseif(NOT head MATCHES "^\n(using|namespace) " AND head MATCHES "[ *&]([A-Za-z_][A-Za-z0-9_]*) *$")
      list(APPEND found ${CMAKE_MATCH_1})
    endif()
  endforeach()
  string(REGEX MATCHALL "\nMATCHER[_P0-9]*\\([A-Za-z]+" matchers "${text}")
  string(REGEX REPLACE "\n[^(]*\\(" "" matchers "${matchers}")
  string(REGEX MATCHALL "\n(using|namespace) [A-Za-z0-9_]+ =[^;]*" aliases "${text}") # two may say the same
  list(APPEND found ${matchers} ${aliases})
  list(REMOVE_ITEM found kLog operator)
  list(REMOVE_DUPLICATES found)
  set(${names} "${found}" PARENT_SCOPE)
endfunction()

# petrel_fits(RESULT UNIT NAME...): whether none of the names is declared in UNIT, a list, already.
function(petrel_fits result unit)
  set(fits TRUE)
  foreach(name IN LISTS ARGN)
    if(name MATCHES "^\n(using|namespace) ([A-Za-z0-9_]+) =")
      set(others ${unit})
      list(FILTER others INCLUDE REGEX "^\n(using|namespace) ${CMAKE_MATCH_2} =")
      list(REMOVE_ITEM others "${name}")
      if(others)
        set(fits FALSE)
      endif()
    elseif(name IN_LIST unit)
      set(fits FALSE)
    endif()
  endforeach()
  set(${result} ${fits} PARENT_SCOPE)
endfunction()

# petrel_unity(TARGET SOURCE...): puts each source into the first unit where it fits.
function(petrel_unity target)
  if(NOT PETREL_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP UNITY_BUILD_UNIQUE_ID kLog)
  set(last -1)
  foreach(source IN LISTS ARGN)
    get_filename_component(path ${source} ABSOLUTE)
    petrel_declared(names ${path})
    set(place -1)
    if(last GREATER_EQUAL 0)
      foreach(unit RANGE ${last})
        petrel_fits(fits "${unit_${unit}}" ${names})
        if(place EQUAL -1 AND fits AND count_${unit} LESS PETREL_UNIT_SOURCES_MAX)
          set(place ${unit})
        endif()
      endforeach()
    endif()
    if(place EQUAL -1)
      math(EXPR last "${last} + 1")
      set(place ${last})
      set(count_${place} 0)
    endif()
    list(APPEND unit_${place} ${names})
    math(EXPR count_${place} "${count_${place}} + 1")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP unit_${place})
  endforeach()
endfunction()
