//go:build tools

package main

// Built beside hyperkube from the same module, so that both share one version of every dependency.
import _ "helm.sh/helm/v4/cmd/helm"
