#!/usr/bin/env python3
# Copyright 2026 The Petrel Authors. SPDX-License-Identifier: Apache-2.0
"""Checks the chart, the manifests and the examples: what is rendered, and what a real API server says to it.

Needs helm and kubectl in PATH and KUBECONFIG of a cluster that has nothing of Petrel; run.sh makes one. Prints one line for
each check, and a closing line that counts."""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/petrel-operator"
TESTDATA = ROOT / "operator/resources/testdata"
KINDS = ("petrelclusters", "petreltopics", "petrelconsumergroups")
MONITORING = ["--api-versions", "monitoring.coreos.com/v1"]
NAMESPACE = "petrel-system"

results = {True: 0, False: 0}


def check(sentence, holds, why=""):
    results[bool(holds)] += 1
    print(f"{'PASS' if holds else 'FAIL'} {sentence}{'' if holds else ': ' + str(why).strip()[-600:]}", flush=True)
    return holds


def run(*command, text=None):
    """(succeeded, what it printed)"""
    done = subprocess.run([str(c) for c in command], input=text, capture_output=True, text=True)
    return done.returncode == 0, done.stdout if done.returncode == 0 else done.stdout + done.stderr


def render(*arguments, release="petrel"):
    return run("helm", "template", release, CHART, "--namespace", NAMESPACE, "--kube-version", "1.34.0", *arguments)


def objects(*arguments, **named):
    ok, text = render(*arguments, **named)
    if not ok:
        raise RuntimeError(text)
    return [o for o in yaml.safe_load_all(text) if o]


def of_kind(rendered, kind):
    return [o for o in rendered if o["kind"] == kind]


class Loader(yaml.SafeLoader):
    """Times stay texts, as kubectl leaves them."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def documents(name):
    return list(yaml.load_all((TESTDATA / name).read_text(), Loader))


def kubectl(*arguments, document=None):
    text = None if document is None else json.dumps(document)
    return run("kubectl", *arguments, text=text)


# What is rendered -------------------------------------------------------------------------------


def lint():
    ok, text = run("helm", "lint", "--strict", CHART)
    check("helm lint finds nothing", ok, text)


def manifests_are_rendered():
    with tempfile.TemporaryDirectory() as folder:
        ok, text = run(ROOT / "manifests/render.sh", folder)
        check("manifests/render.sh runs", ok, text)
        for name in ("install.yaml", "monitoring/monitoring.yaml"):
            same, text = run("diff", pathlib.Path(folder) / name, ROOT / "manifests" / name)
            check(f"manifests/{name} is what the chart gives", same, text)
    for folder in ("manifests", "manifests/monitoring"):
        ok, text = run("kubectl", "kustomize", ROOT / folder)
        check(f"kubectl kustomize {folder}", ok, text)


def bad_values_are_refused():
    for sentence, value in {
        "an unknown value": "replica=3",
        "an unknown value further inside": "operator.worker=3",
        "a number that is text": "replicas=two",
        "a log level that is none": "operator.logLevel=loud",
        "a namespace that is none": "watchNamespaces={Shop}",
        "too many workers": "operator.workers=65",
        "a digest that is none": "images.operator.digest=sha256:1",
        "no image": "images.broker.repository=",
    }.items():
        ok, text = render("--set", value)
        check(f"values.schema.json refuses {sentence}", not ok and "schema" in text, text)


def every_value_is_declared():
    """Each value of values.yaml is in the schema, so that a mistyped one is told."""
    schema = json.loads((CHART / "values.schema.json").read_text())

    def paths(value, at, declared):
        if "$ref" in declared:
            declared = schema["definitions"][declared["$ref"].rsplit("/", 1)[1]]
        for key, inner in value.items():
            known = declared.get("properties", {}).get(key)
            if known is None:
                if "properties" in declared:
                    yield f"{at}{key}"
            elif isinstance(inner, dict):
                yield from paths(inner, f"{at}{key}.", known)

    unknown = list(paths(yaml.safe_load((CHART / "values.yaml").read_text()), "", schema))
    check("values.schema.json knows every value", not unknown, unknown)


def pod_specs(rendered):
    for o in rendered:
        if o["kind"] == "Pod":
            yield o, o["spec"]
        elif o["kind"] in ("Deployment", "Job"):
            yield o, o["spec"]["template"]["spec"]


def pods_are_restricted():
    for o, spec in pod_specs(objects()):
        container = spec["containers"][0]
        security = container["securityContext"]
        check(f"{o['kind']} runs restricted with a read-only root", all([
            spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"},
            security["allowPrivilegeEscalation"] is False, security["readOnlyRootFilesystem"],
            security["capabilities"] == {"drop": ["ALL"]}]), spec)
        check(f"{o['kind']} says what it needs and has a limit of memory",
              container["resources"]["requests"].keys() >= {"cpu", "memory"} and "memory" in container["resources"]["limits"])


def rights(rendered):
    """(kind, namespace, rule) of all roles that are bound to the operator while it is there."""
    for o in rendered:
        if o["kind"] in ("Role", "ClusterRole") and "helm.sh/hook" not in o["metadata"].get("annotations", {}) \
                and not any("aggregate" in k for k in o["metadata"]["labels"]):
            for rule in o["rules"]:
                yield o["kind"], o["metadata"].get("namespace"), rule


def rights_are_least():
    for mode, arguments in {"all namespaces": [], "two namespaces": ["--set", "watchNamespaces={shop,billing}"]}.items():
        given = list(rights(objects(*arguments)))
        words = [w for _, _, rule in given for key in ("apiGroups", "resources", "verbs") for w in rule[key]]
        check(f"{mode}: no wildcard", "*" not in words)
        check(f"{mode}: nothing about Secrets, no exec, no impersonation",
              not {"secrets", "pods/exec", "pods/attach", "pods/portforward", "serviceaccounts/token", "impersonate", "escalate", "bind"} & set(words))
        documents = {(r, v) for _, _, rule in given if rule["apiGroups"] == ["petrel.io"] for r in rule["resources"] for v in rule["verbs"]}
        check(f"{mode}: documents are read and patched, never made, replaced or deleted",
              {v for r, v in documents if r.endswith(("clusters", "topics", "groups"))} == {"get", "list", "watch", "patch"}
              and {v for r, v in documents if r.endswith("/status")} == {"patch"}, documents)
        leases = [(kind, namespace) for kind, namespace, rule in given if "leases" in rule["resources"]]
        check(f"{mode}: Leases in the own namespace only", leases and set(leases) == {("Role", NAMESPACE)}, leases)
    cluster_wide = [rule for kind, _, rule in given if kind == "ClusterRole"]
    check("two namespaces: nothing is allowed cluster-wide", not cluster_wide, cluster_wide)
    check("two namespaces: a Role in each", {n for kind, n, r in given if kind == "Role" and "pods" in r["resources"]} == {"shop", "billing"})
    deployment = of_kind(objects(*arguments), "Deployment")[0]
    check("two namespaces: the operator is told of them",
          "--watch-namespaces=shop,billing" in deployment["spec"]["template"]["spec"]["containers"][0]["args"])


def the_last_job_lets_go():
    for mode, arguments, args in (("all namespaces", [], ["let-go"]),
                                  ("two namespaces", ["--set", "watchNamespaces={shop,billing}"], ["let-go", "shop", "billing"])):
        hooks = [o for o in objects(*arguments) if o["metadata"].get("annotations", {}).get("helm.sh/hook") == "post-delete"]
        pod = of_kind(hooks, "Job")[0]["spec"]["template"]
        check(f"{mode}: the last Job lets go of them", pod["spec"]["containers"][0]["args"] == args, pod)
        check(f"{mode}: it may only list and patch topics and groups", [o["rules"] for o in hooks if o["kind"].endswith("Role")] == [
            [{"apiGroups": ["petrel.io"], "resources": ["petreltopics", "petrelconsumergroups"], "verbs": ["get", "list", "patch"]}]])
        check(f"{mode}: no Service or budget selects it", pod["metadata"]["labels"]["app.kubernetes.io/name"] == "petrel-operator-let-go")
    check("there is none when not asked for", not of_kind(objects("--set", "letGo.enabled=false"), "Job"))


def values_have_effect():
    plain = objects()
    names = {(o["kind"], o["metadata"]["name"]) for o in plain}
    check("the release petrel gives petrel-operator", ("Deployment", "petrel-operator") in names, names)
    check("the release mq gives mq-petrel-operator", ("Deployment", "mq-petrel-operator") in
          {(o["kind"], o["metadata"]["name"]) for o in objects(release="mq")})
    check("every object has the labels of the release", all(
        o["metadata"]["labels"]["app.kubernetes.io/instance"] == "petrel" for o in plain))
    selector = of_kind(plain, "Deployment")[0]["spec"]["selector"]["matchLabels"]
    pod_labels = of_kind(plain, "Deployment")[0]["spec"]["template"]["metadata"]["labels"]
    for kind in ("PodDisruptionBudget", "NetworkPolicy", "Service"):
        spec = of_kind(plain, kind)[0]["spec"]
        labels = spec.get("podSelector", spec.get("selector"))
        labels = labels.get("matchLabels", labels)
        check(f"the {kind} selects the operator's Pods", labels == selector and selector.items() <= pod_labels.items(), labels)
    check("one replica needs no PodDisruptionBudget", not of_kind(objects("--set", "replicas=1"), "PodDisruptionBudget"))
    check("a test Pod does not match the Service", not selector.items() <= of_kind(plain, "Pod")[0]["metadata"]["labels"].items())

    images = objects("--set", "images.registry=registry.example.com/petrel/", "--set-string", "images.broker.tag=7",
                     "--set", f"images.nameserver.digest=sha256:{'a' * 64}")
    container = of_kind(images, "Deployment")[0]["spec"]["template"]["spec"]["containers"][0]
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    check("images have registry, tag or digest", container["image"] == f"registry.example.com/petrel/petrel-operator:{version}"
          and "--broker-image=registry.example.com/petrel/petrel-broker:7" in container["args"]
          and f"--nameserver-image=registry.example.com/petrel/petrel-nameserver@sha256:{'a' * 64}" in container["args"], container)

    policy = of_kind(objects("--set", "networkPolicy.egress.enabled=true"), "NetworkPolicy")[0]["spec"]
    check("egress is limited when asked for", policy["policyTypes"] == ["Ingress", "Egress"] and len(policy["egress"]) == 3)


def clusters_are_shielded():
    check("clusters have no policies unless asked for", len(of_kind(objects(), "NetworkPolicy")) == 1)
    asked = of_kind(objects("--set", "networkPolicy.enabled=false,networkPolicy.clusters.namespaces={shop,billing}", "--set-json",
                            'networkPolicy.clusters.clients=[{"ipBlock":{"cidr":"10.0.0.0/8"}}]'), "NetworkPolicy")
    check("three in each namespace that is named", sorted((o["metadata"]["namespace"], o["metadata"]["name"]) for o in asked) == sorted(
        (space, f"petrel-operator-{what}") for space in ("shop", "billing") for what in ("brokers", "nameservers", "checks")), asked)
    policies = {o["metadata"]["name"]: o["spec"] for o in asked if o["metadata"]["namespace"] == "shop"}
    example = {o["metadata"]["name"].removeprefix("petrel-"): o["spec"] for o in
               yaml.safe_load_all((ROOT / "examples/network-policy.yaml").read_text())}
    check("they select what the example selects", all(
        spec["podSelector"] == example[name.removeprefix("petrel-operator-")]["podSelector"] for name, spec in policies.items()), policies)
    own, clients, monitoring = policies["petrel-operator-brokers"]["ingress"]
    ports = lambda rule: [port["port"] for port in rule["ports"]]
    check("members and the operator reach all ports", ports(own) == ["grpc", "http"] and {"podSelector": {}} in own["from"]
          and own["from"][1]["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "petrel-operator"
          and own["from"][1]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "petrel-system"}, own)
    check("clients reach the port for clients", ports(clients) == ["grpc"] and clients["from"] == [{"ipBlock": {"cidr": "10.0.0.0/8"}}], clients)
    check("and Prometheus metrics", ports(monitoring) == ["http"], monitoring)
    check("a check speaks to nobody", policies["petrel-operator-checks"]["policyTypes"] == ["Ingress", "Egress"])


def definitions_upgrade():
    kept = of_kind(objects(), "CustomResourceDefinition")
    check("the three definitions are templates", sorted(o["metadata"]["name"] for o in kept) == sorted(f"{k}.petrel.io" for k in KINDS))
    check("they are kept when the chart goes", all(o["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for o in kept))
    loose = of_kind(objects("--set", "crds.keep=false"), "CustomResourceDefinition")
    check("or not, when asked for", len(loose) == 3 and all("annotations" not in o["metadata"] for o in loose))
    check("they can be left out", not of_kind(objects("--set", "crds.install=false"), "CustomResourceDefinition"))
    for o in kept:
        bare = copy.deepcopy(o)
        bare["metadata"] = {"name": o["metadata"]["name"]}
        file = CHART / "files/crds" / f"{o['spec']['names']['plural']}.yaml"
        check(f"{o['metadata']['name']} is rendered unchanged", bare == yaml.safe_load(file.read_text()))


def monitoring_follows_the_api():
    kinds = {o["kind"] for o in objects()}
    check("without Prometheus' operator there are none of its objects", not kinds & {"PodMonitor", "PrometheusRule"})
    rendered = objects(*MONITORING)
    rules = of_kind(rendered, "PrometheusRule")
    check("with it there are two PodMonitors", len(of_kind(rendered, "PodMonitor")) == 2)
    check("and the alerts of dashboards/", len(rules) == 1 and
          rules[0]["spec"] == yaml.safe_load((ROOT / "dashboards/petrel-rules.yaml").read_text()))
    linked = of_kind(objects(*MONITORING, "--set", "monitoring.rules.runbookUrl=https://git.example.com/m.md"), "PrometheusRule")[0]
    alerts = [a for group in linked["spec"]["groups"] for a in group["rules"]]
    check("each alert has an absolute link when told where the runbooks are", alerts and all(
        a["annotations"]["runbook_url"] == "https://git.example.com/m.md#" + a["alert"].lower() for a in alerts), alerts[:1])
    everywhere = of_kind(rendered, "PodMonitor")[1]["spec"]["namespaceSelector"]
    some = of_kind(objects(*MONITORING, "--set", "watchNamespaces={shop}"), "PodMonitor")[1]["spec"]["namespaceSelector"]
    check("clusters are scraped where they are run", everywhere == {"any": True} and some == {"matchNames": ["shop"]})
    for o in of_kind(rendered, "ConfigMap"):
        (name, text), = o["data"].items()
        check(f"the ConfigMap of {name} holds the dashboard", json.loads(text) == json.loads((ROOT / "dashboards" / name).read_text())
              and o["metadata"]["labels"]["grafana_dashboard"] == "1")


# What a real API server says -----------------------------------------------------------------


def definitions_are_established():
    for kind in KINDS:
        ok, text = kubectl("apply", "--server-side", "-f", CHART / f"files/crds/{kind}.yaml")
        check(f"the API server takes {kind}", ok, text)
    ok, text = kubectl("wait", "--for=condition=Established", "--timeout=30s", *[f"crd/{k}.petrel.io" for k in KINDS])
    check("the kinds are established", ok, text)
    for kind in KINDS:
        _, text = kubectl("get", f"crd/{kind}.petrel.io", "-o", "json")
        bad = [c for c in json.loads(text)["status"]["conditions"] if c["type"] == "NonStructuralSchema" and c["status"] == "True"]
        check(f"the schema of {kind} is structural", not bad, bad)


def eventually(*command, **named):
    deadline = time.monotonic() + 30
    while not kubectl(*command, **named)[0] and time.monotonic() < deadline:
        time.sleep(0.2)


def documents_are_judged_alike():
    create = ("create", "--dry-run=server", "--validate=strict", "-f", "-")
    eventually(*create, document=documents("accepted.yaml")[0])  # a kind is served a moment after it is established
    for document in documents("accepted.yaml"):
        ok, text = kubectl(*create, document=document)
        check(f"the API server accepts {document['kind']} {document['metadata']['name']}", ok, text)
    for document in documents("refused.yaml"):
        ok, text = kubectl(*create, document=document)
        refused = not ok and ("is invalid" in text or "strict decoding error" in text)
        check(f"the API server refuses a {document['kind']} because of {document['metadata']['annotations']['because']}", refused, text)
    changes = documents("changes.yaml")
    for before, after in zip(changes[::2], changes[1::2]):
        made, why = kubectl("create", "-f", "-", document=before)
        ok, text = kubectl("replace", "--dry-run=server", "-f", "-", document=after)
        wanted = after["metadata"]["annotations"]["change"]
        check(f"the API server finds the change {after['metadata']['name']} to be {wanted}",
              made and ok == (wanted == "accepted") and (ok or "is invalid" in text), why + text)
        kubectl("delete", "--wait=false", "-f", "-", document=before)


def scale_works():
    cluster = {"apiVersion": "petrel.io/v1alpha1", "kind": "PetrelCluster", "metadata": {"name": "scaled"}}
    kubectl("create", "-f", "-", document=cluster)
    ok, text = kubectl("scale", "petrelcluster/scaled", "--replicas=3")
    _, groups = kubectl("get", "pcluster", "scaled", "-o", "jsonpath={.spec.brokerGroups.replicas}")
    check("kubectl scale changes the number of broker groups", ok and groups == "3", text)
    ok, text = kubectl("get", "petrel")
    check("kubectl get petrel shows every kind", ok and "petrelcluster.petrel.io/scaled" in text, text)
    kubectl("delete", "pcluster", "scaled")


def everything_is_accepted():
    kubectl("create", "namespace", NAMESPACE)
    eventually("-n", NAMESPACE, "get", "serviceaccount/default")  # no Pod before it is there
    for name in sorted((ROOT / "examples").glob("*.yaml")):
        ok, text = kubectl("apply", "--dry-run=server", "-f", name)
        check(f"{name.relative_to(ROOT)} applies as it is", ok, text)
    for sentence, arguments in {"plain": [], "all that can be turned on": [
            "--set", "networkPolicy.clusters.namespaces={%s}" % NAMESPACE,
            "--set", "networkPolicy.egress.enabled=true,priorityClassName=system-cluster-critical,podLabels.a=b,podAnnotations.c=d",
            "--set", "serviceAccount.annotations.e=f,images.pullSecrets={g},operator.extraArgs={--stuck-after=5m},nodeSelector.h=i",
            "--set-json", 'tolerations=[{"key":"j","operator":"Exists"}]',
            "--set-json", 'affinity={"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":'
                          '{"nodeSelectorTerms":[{"matchExpressions":[{"key":"k","operator":"Exists"}]}]}}}']}.items():
        rendered = [o for o in objects(*arguments)]
        refused = []
        for o in rendered:
            ok, text = kubectl("apply", "--server-side", "--dry-run=server", "--force-conflicts", "-f", "-", document=o)
            if not ok:
                refused.append(text)
        check(f"the API server accepts the chart, {sentence}", rendered and not refused, "\n".join(refused))
    for way in (["-f", ROOT / "manifests"], ["-k", ROOT / "manifests"]):
        ok, text = kubectl("apply", "--dry-run=server", *way)
        check(f"kubectl apply {way[0]} manifests", ok, text)


def main():
    for part in (lint, manifests_are_rendered, bad_values_are_refused, every_value_is_declared, pods_are_restricted, rights_are_least, the_last_job_lets_go,
                 values_have_effect, clusters_are_shielded, definitions_upgrade, monitoring_follows_the_api, definitions_are_established,
                 documents_are_judged_alike, scale_works, everything_is_accepted):
        try:
            part()
        except Exception as error:  # one broken part hides no other
            check(part.__name__.replace("_", " "), False, repr(error))
    print(f"{results[True]} passed, {results[False]} failed")
    return 1 if results[False] or not results[True] else 0


if __name__ == "__main__":
    sys.exit(main())
