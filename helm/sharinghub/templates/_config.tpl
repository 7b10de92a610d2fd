{{/* Whether the store is a file: then one pod has it, and no other may. */}}
{{- define "sharinghub.embedded" -}}
{{- if not (or .Values.secrets.database.existingSecret (and .Values.secrets.existingSecret .Values.secrets.keys.database_url)) -}}
true
{{- end }}
{{- end }}

{{/* Refuse what would lose data or serve nobody. */}}
{{- define "sharinghub.check" -}}
{{- $several := or (gt (int .Values.replicas) 1) .Values.autoscaling.enabled }}
{{- if and $several (include "sharinghub.embedded" .) }}
{{- fail "replicas and autoscaling need PostgreSQL (secrets.database.existingSecret or secrets.keys.database_url): one SQLite file belongs to one pod" }}
{{- end }}
{{- if and $several .Values.persistence.enabled }}
{{- fail "replicas and autoscaling need persistence.enabled: false, with DVC data in S3 (config.store_url): the volume belongs to one pod" }}
{{- end }}
{{- if and $several (hasPrefix "file:" (default "" .Values.config.store_url)) }}
{{- fail "replicas and autoscaling need config.store_url: s3://…: pods share no folder" }}
{{- end }}
{{- if and .Values.worker.enabled (include "sharinghub.embedded" .) }}
{{- fail "worker.enabled needs PostgreSQL: with the embedded store one process does all" }}
{{- end }}
{{- if and .Values.worker.enabled (not .Values.config.public_url) }}
{{- fail "worker.enabled needs config.public_url: all processes must write the same links" }}
{{- end }}
{{- if and .Values.hooks.install (include "sharinghub.embedded" .) }}
{{- fail "hooks.install needs PostgreSQL: a Job does not reach the file of the embedded store; run `sharinghub hooks install` in the pod instead" }}
{{- end }}
{{- if and .Values.migration.enabled (include "sharinghub.embedded" .) }}
{{- fail "migration.enabled needs PostgreSQL: the embedded store is migrated when the hub starts" }}
{{- end }}
{{- end }}

{{/* The settings as the program reads them from SHARINGHUB_CONFIG_FILE; what is not set is left to the program. */}}
{{- define "sharinghub.config" -}}
{{- $config := dict }}
{{- if include "sharinghub.embedded" . }}
{{- $_ := set $config "database_url" "sqlite:////data/sharinghub.db" }}
{{- end }}
{{- if .Values.migration.enabled }}
{{- $_ := set $config "database_migrate" false }}
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

{{/* Which Secrets have settings, and which key of them becomes which file; else every key there is would be mounted. */}}
{{- define "sharinghub.secretSources" -}}
{{- $sources := list }}
{{- if .Values.secrets.existingSecret }}
{{- $items := list }}
{{- range $setting, $key := .Values.secrets.keys }}
{{- if $key }}
{{- $items = append $items (dict "key" $key "path" (printf "SHARINGHUB_%s" (upper $setting))) }}
{{- end }}
{{- end }}
{{- if not $items }}
{{- fail "secrets.keys must name a key where secrets.existingSecret is set" }}
{{- end }}
{{- $sources = append $sources (dict "secret" (dict "name" .Values.secrets.existingSecret "items" $items)) }}
{{- end }}
{{- with .Values.secrets.database }}
{{- if .existingSecret }}
{{- $items := list (dict "key" .key "path" "SHARINGHUB_DATABASE_URL") }}
{{- $sources = append $sources (dict "secret" (dict "name" .existingSecret "items" $items)) }}
{{- end }}
{{- end }}
{{- if $sources }}
{{- toYaml $sources }}
{{- end }}
{{- end }}
