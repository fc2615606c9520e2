// Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
#include "common/tls.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "common/concat.h"
#include "common/file_util.h"
#include "common/status.h"

namespace petrel {
namespace {

constexpr int64_t kPemBytesMax = 1 << 20;
constexpr int64_t kValidDays = 3650;
constexpr int64_t kSecondsPerDay = 86'400;
constexpr char kCertificateName[] = "tls-certificate.pem";
constexpr char kKeyName[] = "tls-key.pem";

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freer<BN_free>>;

// The newest error of OpenSSL on this thread, as a status.
absl::Status openssl_error(std::string_view what) {
  char reason[256] = "unknown";
  const unsigned long code = ERR_peek_last_error();
  if (code != 0) {
    ERR_error_string_n(code, reason, sizeof(reason));
  }
  ERR_clear_error();
  return absl::InternalError(concat(what, ": ", reason));
}

std::string contents_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

bool is_ip_address(const std::string& name) {
  unsigned char address[16];
  return inet_pton(AF_INET, name.c_str(), address) == 1 ||
         inet_pton(AF_INET6, name.c_str(), address) == 1;
}

std::vector<std::string> all_names(const std::vector<std::string>& further_names) {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) == 0 && host[0] != '\0') {
    names.emplace_back(host);
  }
  names.insert(names.end(), further_names.begin(), further_names.end());
  std::vector<std::string> distinct;
  for (std::string& name : names) {
    if (std::find(distinct.begin(), distinct.end(), name) == distinct.end()) {
      distinct.push_back(std::move(name));
    }
  }
  return distinct;
}

// Names go into a text that OpenSSL takes apart at commas, so they must be plain.
bool is_plain_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '*';
  });
}

absl::Status add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) {
    return openssl_error(concat("certificate extension ", value));
  }
  return absl::OkStatus();
}

absl::Status add_extensions(X509* certificate, const std::vector<std::string>& names) {
  std::string alternatives;
  for (const std::string& name : names) {
    if (!is_plain_name(name)) {
      return absl::InvalidArgumentError(
          concat("'", name, "' is neither a host name nor an IP address"));
    }
    alternatives +=
        concat(alternatives.empty() ? "" : ",", is_ip_address(name) ? "IP:" : "DNS:", name);
  }
  PETREL_RETURN_IF_ERROR(add_extension(certificate, NID_subject_alt_name, alternatives));
  // No authority: some clients refuse one as a server's certificate. Others, which are given this
  // one to trust it, ask of it what they ask of an issuer: that no key usage forbids it to sign
  // (BoringSSL, so official Python clients), and by the key's id which of several that have one
  // name it is.
  PETREL_RETURN_IF_ERROR(add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE"));
  PETREL_RETURN_IF_ERROR(add_extension(certificate, NID_ext_key_usage, "serverAuth"));
  PETREL_RETURN_IF_ERROR(add_extension(certificate, NID_subject_key_identifier, "hash"));
  return add_extension(certificate, NID_authority_key_identifier, "keyid:always");
}

absl::Status set_serial(X509* certificate) {
  const BigNumber serial(BN_new());
  if (serial == nullptr || BN_rand(serial.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1 ||
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) == nullptr) {
    return openssl_error("certificate serial number");
  }
  return absl::OkStatus();
}

absl::Status set_validity(X509* certificate, const Clock& clock) {
  // From a day ago, for clients whose clock is behind.
  const time_t begin = static_cast<time_t>(clock.wall_ms() / 1000 - kSecondsPerDay);
  const time_t end = begin + static_cast<time_t>(kValidDays * kSecondsPerDay);
  if (ASN1_TIME_set(X509_getm_notBefore(certificate), begin) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), end) == nullptr) {
    return openssl_error("certificate validity");
  }
  return absl::OkStatus();
}

absl::StatusOr<Certificate> make_certificate(EVP_PKEY* key, const std::vector<std::string>& names,
                                             const Clock& clock) {
  Certificate certificate(X509_new());
  if (certificate == nullptr || X509_set_version(certificate.get(), X509_VERSION_3) != 1) {
    return openssl_error("certificate");
  }
  PETREL_RETURN_IF_ERROR(set_serial(certificate.get()));
  PETREL_RETURN_IF_ERROR(set_validity(certificate.get(), clock));
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* common_name = reinterpret_cast<const unsigned char*>("petrel self-signed");
  if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) != 1 ||
      X509_set_issuer_name(certificate.get(), name) != 1 ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return openssl_error("certificate name");
  }
  PETREL_RETURN_IF_ERROR(add_extensions(certificate.get(), names));
  if (X509_sign(certificate.get(), key, EVP_sha256()) == 0) {
    return openssl_error("certificate signature");
  }
  return certificate;
}

absl::Status check_pair(const TlsIdentity& identity) {
  const Bio certificate_bio(BIO_new_mem_buf(identity.certificate_pem.data(),
                                            static_cast<int>(identity.certificate_pem.size())));
  const Certificate certificate(
      PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the certificate is not in PEM form");
  }
  // The empty pass phrase keeps OpenSSL from asking for one on the terminal.
  char no_passphrase[] = "";
  const Bio key_bio(BIO_new_mem_buf(identity.private_key_pem.data(),
                                    static_cast<int>(identity.private_key_pem.size())));
  const Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, no_passphrase));
  if (key == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the private key is not in PEM form, or has a pass phrase");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("the private key does not belong to the certificate");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsIdentity> load_tls_identity(const std::string& certificate_file,
                                              const std::string& key_file) {
  TlsIdentity identity;
  PETREL_ASSIGN_OR_RETURN(identity.certificate_pem, read_file(certificate_file, kPemBytesMax));
  PETREL_ASSIGN_OR_RETURN(identity.private_key_pem, read_file(key_file, kPemBytesMax));
  PETREL_RETURN_IF_ERROR(
      annotate(check_pair(identity), concat(certificate_file, " and ", key_file)));
  return identity;
}

absl::StatusOr<TlsIdentity> make_self_signed_identity(const std::vector<std::string>& further_names,
                                                      const Clock& clock) {
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) {
    return openssl_error("private key");
  }
  PETREL_ASSIGN_OR_RETURN(const Certificate certificate,
                          make_certificate(key.get(), all_names(further_names), clock));
  const Bio certificate_bio(BIO_new(BIO_s_mem()));
  const Bio key_bio(BIO_new(BIO_s_mem()));
  if (certificate_bio == nullptr || key_bio == nullptr ||
      PEM_write_bio_X509(certificate_bio.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return openssl_error("PEM");
  }
  return TlsIdentity{contents_of(certificate_bio.get()), contents_of(key_bio.get())};
}

absl::StatusOr<TlsIdentity> load_or_make_self_signed_identity(
    const std::string& directory, const std::vector<std::string>& further_names,
    const Clock& clock) {
  const std::string certificate_file = concat(directory, "/", kCertificateName);
  const std::string key_file = concat(directory, "/", kKeyName);
  // The certificate is written last: where it is, its key is too.
  if (access(certificate_file.c_str(), F_OK) == 0) {
    return load_tls_identity(certificate_file, key_file);
  }
  PETREL_ASSIGN_OR_RETURN(TlsIdentity identity, make_self_signed_identity(further_names, clock));
  PETREL_RETURN_IF_ERROR(make_directories(directory));
  PETREL_RETURN_IF_ERROR(write_file_atomic(key_file, identity.private_key_pem, 0600));
  PETREL_RETURN_IF_ERROR(write_file_atomic(certificate_file, identity.certificate_pem, 0600));
  return identity;
}

}  // namespace petrel
