# shellcheck shell=bash
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
# Sourced: the lab's certificates (one authority for the cluster, one for aggregated APIs) and kubeconfig files.

make_authority() { # NAME COMMON-NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$2" \
    -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$PKI/$1.key" -out "$PKI/$1.crt" 2> /dev/null
}

make_certificate() { # AUTHORITY NAME SUBJECT USAGE [ADDRESSES]
  local extensions
  extensions=$(printf 'keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=%s' "$4")
  [ -z "${5:-}" ] || extensions+=$(printf '\nsubjectAltName=%s' "$5")
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" -keyout "$PKI/$2.key" 2> /dev/null |
    openssl x509 -req -CA "$PKI/$1.crt" -CAkey "$PKI/$1.key" -set_serial "0x$(openssl rand -hex 8)" \
      -days 365 -extfile <(echo "$extensions") -out "$PKI/$2.crt" 2> /dev/null
}

make_kubeconfig() { # FILE CERTIFICATE
  cat > "$1" << YAML
apiVersion: v1
kind: Config
current-context: lab
clusters:
- name: lab
  cluster: {server: "https://$CONTROL_IP:6443", certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")}
users:
- name: user
  user: {client-certificate-data: $(base64 -w0 "$PKI/$2.crt"), client-key-data: $(base64 -w0 "$PKI/$2.key")}
contexts:
- name: lab
  context: {cluster: lab, user: user}
YAML
}

make_control_plane_certificates() {
  [ ! -e "$PKI/done" ] || return 0
  mkdir -p "$PKI"
  make_authority ca lab-ca
  make_authority front-ca lab-front-proxy-ca
  local name names=DNS:localhost
  for name in kubernetes{,.default,.default.svc,.default.svc.cluster.local}; do names+=,DNS:$name; done
  make_certificate ca apiserver /CN=kube-apiserver serverAuth "$names,IP:127.0.0.1,IP:$CONTROL_IP,IP:10.96.0.1"
  make_certificate ca apiserver-kubelet "/O=system:masters/CN=apiserver-kubelet-client" clientAuth
  make_certificate ca admin "/O=system:masters/CN=admin" clientAuth
  make_certificate ca controller-manager "/CN=system:kube-controller-manager" clientAuth
  make_certificate ca scheduler "/CN=system:kube-scheduler" clientAuth
  make_certificate ca proxy "/CN=system:kube-proxy" clientAuth
  make_certificate front-ca front-proxy "/CN=front-proxy-client" clientAuth
  openssl ecparam -genkey -name prime256v1 -noout -out "$PKI/service-accounts.key" 2> /dev/null
  openssl ec -in "$PKI/service-accounts.key" -pubout -out "$PKI/service-accounts.pub" 2> /dev/null
  touch "$PKI/done"
}
