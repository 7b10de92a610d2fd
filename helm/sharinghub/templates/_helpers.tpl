{{- define "sharinghub.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 53 | trimSuffix "-" }}
{{- end }}

{{- define "sharinghub.fullname" -}}
{{- $name := include "sharinghub.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 53 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 53 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 53 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "sharinghub.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sharinghub.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sharinghub.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "sharinghub.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "sharinghub.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "sharinghub.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "sharinghub.image" -}}
{{- $repository := required "image.repository must be set: no image is published yet, so build one and say where it is" .Values.image.repository }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* The settings as the program reads them from SHARINGHUB_CONFIG_FILE; what is not set is left to the program. */}}
{{- define "sharinghub.config" -}}
{{- $config := dict }}
{{- if not (and .Values.secrets.existingSecret .Values.secrets.keys.database_url) }}
{{- $_ := set $config "database_url" "sqlite:////data/sharinghub.db" }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) }}
{{- $_ := set $config $name $value }}
{{- end }}
{{- end }}
{{- $_ := required "config.gitlab_url must be set, such as https://gitlab.example.org" (get $config "gitlab_url") }}
{{- if .Values.gitlabCa.configMap }}
{{- $_ := set $config "gitlab_ca_file" "/etc/sharinghub/ca/ca.crt" }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{/* Which key of the Secret becomes which file; without any, Kubernetes would mount every key there is. */}}
{{- define "sharinghub.secretItems" -}}
{{- $items := list }}
{{- range $setting, $key := .Values.secrets.keys }}
{{- if $key }}
{{- $items = append $items (dict "key" $key "path" (printf "SHARINGHUB_%s" (upper $setting))) }}
{{- end }}
{{- end }}
{{- if not $items }}
{{- fail "secrets.keys must name a key where secrets.existingSecret is set" }}
{{- end }}
{{- toYaml $items }}
{{- end }}

{{- define "sharinghub.podSecurityContext" -}}
runAsNonRoot: true
{{- with .Values.runAsUser }}
runAsUser: {{ int64 . }}
runAsGroup: {{ int64 . }}
fsGroup: {{ int64 . }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "sharinghub.securityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}
