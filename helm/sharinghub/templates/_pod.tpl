{{/*
The pod of one process, as the hub, its workers and its jobs have it. Takes a dict:
root, component, args, resources; `data` names the volume source of /data, `serves` says whether it has probes.
*/}}
{{- define "sharinghub.pod" -}}
{{- $root := .root }}
{{- with $root }}
serviceAccountName: {{ include "sharinghub.serviceAccountName" . }}
automountServiceAccountToken: false
# Else a Service named `sharinghub` puts SHARINGHUB_PORT and the like into the environment, which is no setting.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "sharinghub.podSecurityContext" . | nindent 2 }}
{{- end }}
{{- if .serves }}
# While the end is announced, and for requests in flight.
terminationGracePeriodSeconds: {{ add 30 (.root.Values.config.drain_seconds | default 0 | int) }}
{{- else }}
restartPolicy: OnFailure
{{- end }}
containers:
  - name: sharinghub
    image: {{ include "sharinghub.image" $root | quote }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    command: [sharinghub]
    args: {{ toJson .args }}
    env:
      - name: SHARINGHUB_CONFIG_FILE
        value: /etc/sharinghub/config/sharinghub.yaml
      {{- if include "sharinghub.secretSources" $root }}
      - name: SHARINGHUB_SECRETS_DIR
        value: /etc/sharinghub/secrets
      {{- end }}
      {{- if $root.Values.secrets.awsCredentials }}
      - name: AWS_SHARED_CREDENTIALS_FILE
        value: /etc/sharinghub/aws/credentials
      {{- end }}
      {{- with $root.Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- if .serves }}
    ports:
      - name: http
        containerPort: 8080
        protocol: TCP
    {{- include "sharinghub.probes" . | nindent 4 }}
    {{- end }}
    resources:
      {{- toYaml .resources | nindent 6 }}
    securityContext:
      {{- include "sharinghub.securityContext" $root | nindent 6 }}
    volumeMounts:
      - name: data
        mountPath: /data
      - name: tmp
        mountPath: /tmp
      - name: config
        mountPath: /etc/sharinghub/config
        readOnly: true
      {{- if include "sharinghub.secretSources" $root }}
      - name: secrets
        mountPath: /etc/sharinghub/secrets
        readOnly: true
      {{- end }}
      {{- if $root.Values.secrets.awsCredentials }}
      - name: aws
        mountPath: /etc/sharinghub/aws
        readOnly: true
      {{- end }}
      {{- if $root.Values.gitlabCa.configMap }}
      - name: gitlab-ca
        mountPath: /etc/sharinghub/ca
        readOnly: true
      {{- end }}
      {{- with $root.Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: data
    {{- if .claim }}
    persistentVolumeClaim:
      claimName: {{ .claim }}
    {{- else }}
    emptyDir:
      sizeLimit: {{ $root.Values.persistence.size }}
    {{- end }}
  {{- include "sharinghub.volumes" $root | nindent 2 }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if and .serves $root.Values.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: {{ $root.Values.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels:
        {{- include "sharinghub.selectorLabels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $.component }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "sharinghub.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
- name: config
  configMap:
    name: {{ include "sharinghub.fullname" . }}
{{- with include "sharinghub.secretSources" . }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- if .Values.secrets.awsCredentials }}
- name: aws
  secret:
    secretName: {{ required "secrets.awsCredentials is a key of secrets.existingSecret, which must be set" .Values.secrets.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ .Values.secrets.awsCredentials }}
        path: credentials
{{- end }}
{{- if .Values.gitlabCa.configMap }}
- name: gitlab-ca
  configMap:
    name: {{ .Values.gitlabCa.configMap }}
    items:
      - key: {{ .Values.gitlabCa.key }}
        path: ca.crt
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* GitLab is asked before anything is served: six minutes are more than its default timeout and retries take. */}}
{{- define "sharinghub.probes" -}}
startupProbe:
  httpGet:
    path: /readyz
    port: http
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 180
livenessProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /readyz
    port: http
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{/* What makes pods start anew: a change of the settings. */}}
{{- define "sharinghub.podMetadata" -}}
labels:
  {{- include "sharinghub.selectorLabels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
annotations:
  checksum/config: {{ include "sharinghub.config" .root | sha256sum }}
  {{- with .root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
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
