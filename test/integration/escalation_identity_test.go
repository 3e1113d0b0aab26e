// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// kubeconfigFor is a call that asks for a kubeconfig of the Space.
func kubeconfigFor(space string, spec members) call {
	request := members{"apiVersion": v1alpha1.SchemeGroupVersion.String(), "kind": "KubeconfigRequest", "spec": spec}
	return call{method: "POST", path: "/" + space + "/kubeconfig", body: request.String()}
}

// kubeconfig returns who comes with a kubeconfig of the Space, as soon as that may work there.
func (c caller) kubeconfig(t *testing.T, space string) caller {
	t.Helper()
	var answer v1alpha1.KubeconfigRequest
	c.do(t, kubeconfigFor(space, nil)).into(t, &answer)
	config := must(clientcmd.RESTConfigFromKubeConfig([]byte(answer.Status.Kubeconfig)))(t)
	robot := caller{cluster.ClientsFor(t, config), serviceaccount.MakeUsername(space, "spaces-kubeconfig")}
	eventually(t, robot.name+" may work", func(ctx context.Context) error { return robot.worksIn(ctx, space) })
	return robot
}

// byKubeconfigs are attempts to get more by a kubeconfig than its Space, its role and its time.
func (w tenancy) byKubeconfigs() attempts {
	const seconds, server = "spec.expirationSeconds", "spec.server"
	asks := func(spec members) call { return kubeconfigFor(w.mine, spec) }
	cannot := func(what string) refusal { return forbidden("User \"" + w.robot.name + "\" cannot " + what) }
	robot := serviceAccount(w.mine, "spaces-kubeconfig")
	return attempts{
		"one that outlives the Space":           w.outlives,
		"one for which a binding waits":         w.awaitsKubeconfig,
		"one for too long":                      w.tenant.cannot(invalid(seconds), asks(members{"expirationSeconds": 1<<32 + 1})),
		"one for too short":                     w.tenant.cannot(invalid(seconds), asks(members{"expirationSeconds": 599})),
		"one for a server without TLS":          w.tenant.cannot(invalid(server), asks(members{"server": "http://example.com"})),
		"one for a server with a user":          w.tenant.cannot(invalid(server), asks(members{"server": "https://a:b@example.com"})),
		"one of a hidden Space":                 w.tenant.cannot(notFound(w.theirs), kubeconfigFor(w.theirs, nil)),
		"one of a Space that it sees":           w.tenant.cannot(forbidden("cannot create tokens of ServiceAccounts"), kubeconfigFor(w.seen, nil)),
		"one of what is no Space":               w.tenant.cannot(forbidden("the namespace was not created as a Space"), kubeconfigFor(w.loose, nil)),
		"one of a home":                         w.tenant.cannot(notFound("account-"+w.mine), kubeconfigFor("account-"+w.mine, nil)),
		"another one by it":                     w.robot.cannot(cannot(`create resource "spaces/kubeconfig"`), asks(nil)),
		"another Space by it":                   w.robot.cannot(cannot(`create resource "spaces"`), creations(unique(w.mine+"-new"), nil, nil)[0]),
		"another ttl by it":                     w.robot.cannot(cannot(`patch resource "spaces"`), merge(spacesPath+"/"+w.mine, `{"spec":{"ttl":"1h"}}`)),
		"the end of the Space by it":            w.robot.cannot(cannot(`delete resource "spaces"`), call{method: "DELETE", path: "/" + w.mine}),
		"the end of the namespace by it":        w.robot.cannot(cannot(`delete resource "namespaces"`), call{method: "DELETE", path: "/api/v1/namespaces/" + w.mine}),
		"a binding by it":                       w.robot.cannot(cannot(`create resource "rolebindings"`), bindingIn(w.mine, "spaces:owner", robot), bindingIn(w.mine, "edit", user("eve"))),
		"a role by it":                          w.robot.cannot(cannot(`create resource "roles"`), roleIn(w.mine, rule("", "secrets", "get"))),
		"its own binding by it":                 w.robot.cannot(cannot(`patch resource "rolebindings"`), merge(objectsIn(w.mine, "rolebindings")+"/spaces-kubeconfig", "{}")),
		"a guard by it":                         w.robot.cannot(cannot(`delete resource "resourcequotas"`), call{method: "DELETE", path: objectsIn(w.mine, "resourcequotas") + "/spaces"}),
		"what is in another Space by it":        w.robot.cannot(cannot(`list resource "secrets"`), call{path: "/api/v1/namespaces/" + w.theirs + "/secrets"}),
		"a token of the server's own by it":     w.robot.cannot(cannot(`create resource "serviceaccounts/token"`), serverToken),
		"a token of the server's own":           w.tenant.cannot(forbidden(`create resource "serviceaccounts/token"`), serverToken),
		"reading what was handed out":           w.tenant.cannot(forbidden(`get resource "spaces/kubeconfig"`), call{path: "/" + w.mine + "/kubeconfig"}),
		"the binding that is behind all others": w.tenant.cannot(forbidden(`"spaces-kubeconfig" guards or opens the Space`), merge(objectsIn(w.mine, "rolebindings")+"/spaces-kubeconfig", `{"subjects":null}`)),
	}
}

// serverToken asks for the rights of our server.
var serverToken = call{method: "POST", path: "/api/v1/namespaces/spaces-system/serviceaccounts/spaces-apiserver/token", body: "{}"}

// outlives has the tenant ask for a kubeconfig that is valid for longer than the Space. It gets one that is not.
func (w tenancy) outlives(t *testing.T) {
	space := w.fresh(t)
	var answer v1alpha1.KubeconfigRequest
	w.tenant.do(t, kubeconfigFor(space.Name, members{"expirationSeconds": 864000})).into(t, &answer)
	// Who signs the token counts a moment later.
	end, tolerated := answer.Status.ExpirationTimestamp, 5*time.Second
	if end.IsZero() || end.After(space.Status.ExpiresAt.Add(tolerated)) {
		t.Errorf("it is valid until %v, and the Space ends at %v", end, space.Status.ExpiresAt)
	}
}

// awaitsKubeconfig has a role be bound to the ServiceAccount of kubeconfigs, before there is one, by the name that the
// platform's binding is to have. A tenant cannot, and it does not stay if it was there before the namespace was a Space.
func (w tenancy) awaitsKubeconfig(t *testing.T) {
	space := w.fresh(t).Name
	body := members{"metadata": members{"name": "spaces-kubeconfig"}, "roleRef": clusterRole("spaces:owner"), "subjects": []any{serviceAccount(space, "spaces-kubeconfig")}}
	bindingToBe := call{method: "POST", path: objectsIn(space, "rolebindings"), body: body.String()}
	w.tenant.do(t, bindingToBe).refused(t, forbidden(`the name "spaces-kubeconfig" is kept for a RoleBinding of the platform`))
	w.admin.do(t, bindingToBe).succeeded(t)
	robot := w.tenant.kubeconfig(t, space)
	eventually(t, "it has lost what it was given", func(ctx context.Context) error {
		if got := robot.send(ctx, t, dry(bindingIn(space, "view", user("eve")))); got.code != http.StatusForbidden {
			return errors.New(got.body)
		}
		return nil
	})
}

// bySubresources are attempts to write what the platform says of an object.
func (w tenancy) bySubresources() attempts {
	status := `{"status":{"createdBy":"eve","expiresAt":"2035-01-01T00:00:00Z"}}`
	writes := func(path string) []call {
		return []call{merge(path, status), {method: "PUT", path: path, body: status}, {path: path},
			{method: "PATCH", path: path + "?fieldManager=ways&force=true", contentType: applyPatch, body: status}}
	}
	rows := attempts{"the status within a Space": w.setsStatus}
	for what, path := range map[string]string{
		"spaces":        spacesPath + "/" + w.mine,
		"accounts":      accountsPath + "/" + w.mine,
		"clusterquotas": clusterQuotaPath + "/cluster",
	} {
		for _, part := range []string{"status", "finalize", "scale"} {
			rows[what+"/"+part] = w.tenant.cannot(forbidden(what+"/"+part), writes(path+"/"+part)...)
			rows[what+"/"+part+" by an administrator"] = w.admin.cannot(notFound(), writes(path+"/"+part)...)
		}
	}
	return rows
}

// setsStatus has the tenant send a status with all that it writes. It does nothing.
func (w tenancy) setsStatus(t *testing.T) {
	space := w.fresh(t)
	for _, way := range ways {
		if way.creates {
			continue
		}
		sent := spaceFields(space.Name, nil, members{"ttl": "2h"})
		sent["status"] = members{"createdBy": "eve", "expiresAt": "2035-01-01T00:00:00Z", "phase": "Terminating"}
		got := w.tenant.do(t, way.call(space.Name, sent))
		got.succeeded(t)
		if after := got.space(t).Status; after.CreatedBy != w.tenant.name || !after.ExpiresAt.Equal(space.Status.ExpiresAt) || after.Phase != space.Status.Phase {
			t.Errorf("%s: the status was %+v, and is %+v", way.name, space.Status, after)
		}
	}
}

// byFalseNames are attempts to be somebody else.
func (w tenancy) byFalseNames(t *testing.T) attempts {
	t.Helper()
	list, removal := call{path: spacesPath}, call{method: "DELETE", path: spacesPath + "/" + w.theirs}
	unknown := refusal{code: http.StatusUnauthorized, reason: metav1.StatusReasonUnauthorized}
	nobody := forbidden(`User "system:anonymous" cannot`)
	server := serviceaccount.MakeUsername("spaces-system", "spaces-apiserver")
	as := func(edits ...func(*rest.Config)) caller {
		return caller{direct(t, w.tenant.Clients, edits...), w.tenant.name}
	}
	through := func(edit func(*rest.Config)) caller {
		return caller{cluster.ClientsFor(t, edited(w.tenant.Clients, edit)), w.tenant.name}
	}
	impersonated := forbidden("cannot impersonate")
	return attempts{
		"impersonating an administrator":            through(impersonating("admin", "system:masters")).cannot(impersonated, list, removal),
		"impersonating itself, with another group":  through(impersonating(w.tenant.name, "system:masters")).cannot(impersonated, list, removal),
		"impersonating the server":                  through(impersonating(server)).cannot(impersonated, list, removal),
		"impersonating an administrator, directly":  as(impersonating("admin", "system:masters")).cannot(impersonated, list, removal),
		"impersonating the server, directly":        as(impersonating(server)).cannot(impersonated, list, removal),
		"claiming to be an administrator":           through(claiming).cannot(notFound(w.theirs), removal),
		"claiming to be an administrator, directly": as(claiming).cannot(notFound(w.theirs), removal),
		"nobody, directly":                          as(withoutCertificate).cannot(nobody, list, removal),
		"nobody who claims, directly":               as(withoutCertificate, claiming).cannot(nobody, list, removal),
		"nobody who impersonates, directly":         as(withoutCertificate, impersonating("admin", "system:masters")).cannot(forbidden(), list, removal),
		"a token that says nothing, directly":       as(withToken("nothing")).cannot(unknown, list, removal),
		"a token that says nothing, and claims":     as(withToken("nothing"), claiming).cannot(unknown, list, removal),
		"the name of the front proxy":               caller{direct(t, shared.As(t, "front-proxy-client"), claiming), "front-proxy-client"}.cannot(forbidden(`User "front-proxy-client" cannot`), removal),
	}
}
