{{/* Name of most objects: releases "petrel" and "petrel-operator" give petrel-operator, "mq" gives mq-petrel-operator. */}}
{{- define "petrel-operator.name" -}}
{{- if hasPrefix (printf "%s-" .Release.Name) .Chart.Name -}}
{{- .Chart.Name -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" (.Release.Name | trunc 24 | trimSuffix "-") .Chart.Name -}}
{{- end -}}
{{- end -}}

{{- define "petrel-operator.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "petrel-operator.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* What selects the operator's Pods; may never change. */}}
{{- define "petrel-operator.selector" -}}
app.kubernetes.io/name: petrel-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "petrel-operator.labels" -}}
{{ include "petrel-operator.selector" . }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: petrel
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Whole name of an image: (list root .Values.images.broker). */}}
{{- define "petrel-operator.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- with $root.Values.images.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{/* What the operator may do in a namespace that it watches. No Secrets, no exec. */}}
{{- define "petrel-operator.rules" -}}
- apiGroups: [petrel.io]
  resources: [petrelclusters, petreltopics, petrelconsumergroups]
  verbs: [get, list, watch, patch]
- apiGroups: [petrel.io]
  resources: [petrelclusters/status, petreltopics/status, petrelconsumergroups/status]
  verbs: [patch]
# Children name their cluster as an owner that waits for them.
- apiGroups: [petrel.io]
  resources: [petrelclusters/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [pods, persistentvolumeclaims, services, configmaps]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- define "petrel-operator.hasMonitoring" -}}
{{- if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}true{{ end -}}
{{- end -}}

{{/* What all Pods have besides their containers. */}}
{{- define "petrel-operator.podBasics" -}}
{{- with .Values.images.pullSecrets -}}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{ end -}}
{{- with .Values.nodeSelector -}}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{ end -}}
{{- with .Values.tolerations -}}
tolerations:
  {{- toYaml . | nindent 2 }}
{{ end -}}
{{- with .Values.priorityClassName -}}
priorityClassName: {{ . }}
{{ end -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "petrel-operator.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* A container that is there for a moment. */}}
{{- define "petrel-operator.smallContainer" -}}
resources:
  requests:
    cpu: 10m
    memory: 16Mi
  limits:
    memory: 128Mi
{{ include "petrel-operator.containerSecurity" . }}
{{- end -}}
