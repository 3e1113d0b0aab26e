// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/tools/clientcmd"

	"tenancy.example.io/spaces/test/cluster"
	"tenancy.example.io/spaces/test/controlplane"
	"tenancy.example.io/spaces/test/controlplane/certificates"
)

const (
	// oidcAudience is whom the tokens are meant for.
	oidcAudience = "spaces-test"
	// oidcPrefix stands before what a token says, so that no token names a user or group of the cluster's own.
	oidcPrefix = "oidc:"
	oidcKey    = "key-1"
)

// issuer is an OpenID Connect provider that issues whatever token it is asked for.
type issuer struct {
	url       string
	authority []byte
	key       *rsa.PrivateKey
}

// claims are what a token says.
type claims struct {
	Issuer   string   `json:"iss"`
	Audience string   `json:"aud"`
	Subject  string   `json:"sub"`
	Groups   []string `json:"groups"`
	Issued   int64    `json:"iat"`
	Expires  int64    `json:"exp"`
}

// newIssuer starts an issuer that ends with the test.
func newIssuer(t *testing.T) *issuer {
	t.Helper()
	authority := must(certificates.NewAuthority("issuer"))(t)
	pair := must(authority.Issue(certificates.Request{CommonName: "issuer", Hosts: []string{"127.0.0.1"}}))(t)
	certificate := must(tls.X509KeyPair(pair.Certificate, pair.Key))(t)
	i := &issuer{authority: authority.CertificatePEM(), key: must(rsa.GenerateKey(rand.Reader, 2048))(t)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", serve(i.discovery))
	mux.HandleFunc("GET /keys", serve(i.keys))
	server := httptest.NewUnstartedServer(mux)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

// serve answers with the members, as JSON.
func serve(document func() members) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(document().String()))
	}
}

func (i *issuer) discovery() members {
	return members{
		"issuer":                                i.url,
		"jwks_uri":                              i.url + "/keys",
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
}

// keys is the set of public keys.
func (i *issuer) keys() members {
	return members{"keys": []members{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": oidcKey,
		"n": segment(i.key.N.Bytes()),
		"e": segment(big.NewInt(int64(i.key.E)).Bytes()),
	}}}
}

// configuration is the file by which a kube-apiserver believes the issuer.
func (i *issuer) configuration(t *testing.T) string {
	t.Helper()
	claim := func(name string) members { return members{"claim": name, "prefix": oidcPrefix} }
	return file(t, members{
		"apiVersion": "apiserver.config.k8s.io/v1",
		"kind":       "AuthenticationConfiguration",
		"jwt": []members{{
			"issuer":        members{"url": i.url, "audiences": []string{oidcAudience}, "certificateAuthority": string(i.authority)},
			"claimMappings": members{"username": claim("sub"), "groups": claim("groups")},
		}},
	}.String())
}

// token is for a user in the groups. Edits are made to what it says.
func (i *issuer) token(t *testing.T, user string, groups []string, edits ...func(*claims)) string {
	t.Helper()
	now := time.Now()
	said := claims{Issuer: i.url, Audience: oidcAudience, Subject: user, Groups: groups, Issued: now.Unix(), Expires: now.Add(time.Hour).Unix()}
	for _, edit := range edits {
		edit(&said)
	}
	signed := segment([]byte(members{"alg": "RS256", "typ": "JWT", "kid": oidcKey}.String())) + "." + segment(must(json.Marshal(said))(t))
	sum := sha256.Sum256([]byte(signed))
	return signed + "." + segment(must(rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:]))(t))
}

// segment encodes a part of a token, or a number in a key.
func segment(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }

// signedIn is a cluster whose users come with tokens of the issuer.
type signedIn struct {
	*cluster.Cluster
	issuer *issuer
	admin  cluster.Clients
}

func newSignedIn(t *testing.T) signedIn {
	t.Helper()
	issuer := newIssuer(t)
	c := cluster.ForTestWith(t, controlplane.Options{KubeAPIServerArgs: []string{"--authentication-config=" + issuer.configuration(t)}})
	return signedIn{Cluster: c, issuer: issuer, admin: c.Admin(t)}
}

// user returns the Clients of who comes with a token for this name and these groups.
func (s signedIn) user(t *testing.T, name string, groups ...string) cluster.Clients {
	t.Helper()
	return s.with(t, s.issuer.token(t, name, groups))
}

func (s signedIn) with(t *testing.T, token string) cluster.Clients {
	t.Helper()
	return cluster.ClientsFor(t, edited(s.admin, withToken(token)))
}

// admit lets a group of the issuer ask for Spaces.
func (s signedIn) admit(t *testing.T, groupOfIssuer string) {
	t.Helper()
	s.bindEverywhere(t, "spaces:user", groupOfIssuer)
}

// account gives a group of the issuer an account of its name, to which the Space of the name is charged.
func (s signedIn) account(t *testing.T, groupOfIssuer, space string) {
	t.Helper()
	createAccount(t, s.admin, groupOfIssuer, withSubjects(group(oidcPrefix+groupOfIssuer)))
	createSpace(t, s.admin, newSpace(space, withAccount(groupOfIssuer)))
}

func (s signedIn) bindEverywhere(t *testing.T, role, groupOfIssuer string) {
	t.Helper()
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: oidcPrefix + groupOfIssuer + ":" + role},
		RoleRef:    clusterRole(role),
		Subjects:   []rbacv1.Subject{group(oidcPrefix + groupOfIssuer)},
	}
	must(s.admin.Kube.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}))(t)
}

// Who comes with a token is given what the groups in it are given.
func TestTokensOfAnIssuer(t *testing.T) {
	t.Parallel()
	s := newSignedIn(t)
	createNamespace(t, s.admin, "hidden", nil)
	s.admit(t, devs)
	s.account(t, devs, "shown")
	alice := s.user(t, "alice", devs)
	awaitSight(t, alice, "shown")

	t.Run("a member of the group sees what the group sees", func(t *testing.T) { wantSees(t, alice, sets.New("shown"), "hidden", "default") })
	t.Run("so it is without the kube-apiserver in front", func(t *testing.T) {
		straight := cluster.ClientsFor(t, s.DirectConfig(alice.Config, s.Server))
		wantSees(t, straight, sets.New("shown"), "hidden", "default")
	})
	t.Run("so it is for kubectl", func(t *testing.T) {
		if got := s.kubectl(t, alice, "get", "spaces", "-o", "name"); got != "space.spaces.tenancy.example.io/shown\n" {
			t.Errorf("kubectl prints %q", got)
		}
	})
	t.Run("another group sees nothing", func(t *testing.T) { s.seesNothing(t, s.user(t, "bob", ops)) })
	t.Run("a group that is named as one of the cluster's sees nothing", func(t *testing.T) {
		s.seesNothing(t, s.user(t, "admin", "system:masters"))
	})
	t.Run("a member creates what the account of the group pays for", func(t *testing.T) { s.creates(t, alice) })
	t.Run("who is not in the group charges nothing to its account", s.chargesNothing)
	t.Run("a bad token is no token", s.refusesBadTokens)
}

// kubectl runs kubectl with the token of the user.
func (s signedIn) kubectl(t *testing.T, user cluster.Clients, args ...string) string {
	t.Helper()
	const name = "bearer"
	config := kubeconfigOf(name, user.Config)
	config.AuthInfos[name].Token = user.Config.BearerToken
	check(t, clientcmd.WriteToFile(*config, s.Kubeconfig(name)))
	stdout, stderr, err := s.Run(t.Context(), name, append([]string{"--cache-dir=" + t.TempDir()}, args...)...)
	if err != nil {
		t.Fatal(err, stderr)
	}
	return stdout
}

func (s signedIn) seesNothing(t *testing.T, user cluster.Clients) {
	t.Helper()
	wantSees(t, user, sets.New[string](), "shown", "hidden", "default")
	_, err := spacesOf(user).Create(t.Context(), newSpace("nothing"), metav1.CreateOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("The create was answered %v, want 403", err)
	}
}

// creates has alice create a Space, and work in it, by the group in her token alone.
func (s signedIn) creates(t *testing.T, alice cluster.Clients) {
	t.Helper()
	created := createSpace(t, alice, newSpace("mine"))
	if created.Spec.Account != devs || created.Status.CreatedBy != oidcPrefix+"alice" {
		t.Errorf("It is charged to %q, and was created by %q", created.Spec.Account, created.Status.CreatedBy)
	}
	for _, space := range []string{"mine", "shown"} {
		work := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "work"}}
		must(alice.Kube.CoreV1().ConfigMaps(space).Create(t.Context(), work, metav1.CreateOptions{}))(t)
	}
	wantSees(t, alice, sets.New("mine", "shown"), "hidden", "default")
	wantSees(t, s.user(t, "carol", devs), sets.New("mine", "shown"), "hidden")
}

// chargesNothing has somebody of another group, who may ask for Spaces as well, try the account of the first group.
func (s signedIn) chargesNothing(t *testing.T) {
	const others = "testers"
	s.admit(t, others)
	dave := s.user(t, "dave", others)
	for account, want := range map[string]string{
		devs: `User "oidc:dave" cannot use the account "devs"`,
		"":   `User "oidc:dave" can use no account`,
	} {
		create := func(ctx context.Context) error {
			_, err := spacesOf(dave).Create(ctx, newSpace("daves", withAccount(account)), metav1.CreateOptions{})
			if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), want) {
				return fmt.Errorf("the create was answered %w, want 403 that says %q", err, want)
			}
			return nil
		}
		eventually(t, "dave is past the front door, and no further", create)
	}
	wantSees(t, dave, sets.New[string](), "mine", "shown", "daves")
}

func (s signedIn) refusesBadTokens(t *testing.T) {
	stranger := &issuer{url: s.issuer.url, key: must(rsa.GenerateKey(rand.Reader, 2048))(t)}
	groups := []string{devs}
	for what, token := range map[string]string{
		"an expired one":        s.issuer.token(t, "alice", groups, func(c *claims) { c.Expires = time.Now().Add(-time.Minute).Unix() }),
		"one for somebody else": s.issuer.token(t, "alice", groups, func(c *claims) { c.Audience = "another" }),
		"one of another issuer": s.issuer.token(t, "alice", groups, func(c *claims) { c.Issuer += "/another" }),
		"one of another key":    stranger.token(t, "alice", groups),
	} {
		for way, user := range map[string]cluster.Clients{
			"": s.with(t, token), ", directly": cluster.ClientsFor(t, s.DirectConfig(s.with(t, token).Config, s.Server)),
		} {
			_, err := spacesOf(user).List(t.Context(), metav1.ListOptions{})
			if !apierrors.IsUnauthorized(err) {
				t.Error(fmt.Sprintf("The list with %s%s was answered", what, way), err)
			}
		}
	}
}
