{{- define "netmoth.labels" -}}
app.kubernetes.io/part-of: netmoth
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "netmoth.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "netmoth.natsServers" -}}
{{- if .Values.nats.external -}}
{{ join "," .Values.nats.external }}
{{- else -}}
nats://netmoth-nats.{{ .Release.Namespace }}.svc:4222
{{- end -}}
{{- end }}

{{- /* Secret with the passwords of NATS' users, one key for each. */}}
{{- define "netmoth.natsSecret" -}}
{{- if .Values.nats.external -}}
{{ required "nats.externalSecret is needed with nats.external: a Secret with the keys operator and manager" .Values.nats.externalSecret }}
{{- else -}}
netmoth-nats-users
{{- end -}}
{{- end }}

{{- /* Secret with user and password of the sensors; NATS of the chart knows them by their pods' tokens. */}}
{{- define "netmoth.sensorSecret" -}}
{{ required "nats.externalSensorSecret is needed with nats.external: a Secret with the keys user and password" .Values.nats.externalSensorSecret }}
{{- end }}

{{- /* Secret with the URL of PostgreSQL, and its key. */}}
{{- define "netmoth.databaseSecret" -}}
{{- if eq .Values.database.kind "cnpg" -}}
{ name: netmoth-db-app, key: uri }
{{- else if eq .Values.database.kind "embedded" -}}
{ name: netmoth-db, key: url }
{{- else -}}
{ name: {{ required "manager.databaseSecret is needed: a Secret with the key url, postgres://user:password@host/database (or set database.kind)" .Values.manager.databaseSecret }}, key: url }
{{- end -}}
{{- end }}

{{- /* How many copies a stream has: as many as there are servers, three at most. */}}
{{- define "netmoth.streamReplicas" -}}
{{ min 3 (int .Values.nats.replicas) }}
{{- end }}

{{- define "netmoth.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "netmoth.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "netmoth.spread" -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector: { matchLabels: { app.kubernetes.io/name: {{ . }} } }
{{- end }}
