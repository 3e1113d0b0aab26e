// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const quotasPath = "/apis/spaces.tenancy.example.io/v1alpha1/clusterquotas"

// amounts reads "name: amount" for each of the resources.
func amounts(texts ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for _, text := range texts {
		name, amount, _ := strings.Cut(text, ": ")
		list[corev1.ResourceName(name)] = resource.MustParse(amount)
	}
	return list
}

// charged returns a Space of the account with that quota.
func charged(name, account string, hard ...string) v1alpha1.Space {
	one := space(name)
	one.Spec.Account, one.Spec.Quota = account, &v1alpha1.Quota{Hard: amounts(hard...)}
	return one
}

// budgeted returns an account with that status.
func budgeted(name string, spaces int32, hard, used corev1.ResourceList) v1alpha1.Account {
	return v1alpha1.Account{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Status:     v1alpha1.AccountStatus{Spaces: spaces, Quota: &v1alpha1.QuotaStatus{Hard: hard, Used: used}},
	}
}

// town is what an administrator sees: the account brewery, of which two thirds are spent, the bakery, which has more than
// its budget since that was lowered, and the quarry, which has none.
func town() *sight {
	cluster := v1alpha1.ClusterQuota{ObjectMeta: metav1.ObjectMeta{Name: "cluster"}, Status: v1alpha1.ClusterQuotaStatus{
		Spaces: 4,
		Quota: &v1alpha1.QuotaStatus{
			Hard: amounts("pods: 1k", "spaces: 500"),
			Used: amounts("pods: 60", "spaces: 4", "requests.cpu: 12500m", "requests.memory: 20Gi"),
		},
	}}
	return &sight{
		quotas: []v1alpha1.ClusterQuota{cluster},
		accounts: []v1alpha1.Account{
			budgeted("brewery", 2, amounts("requests.cpu: 6", "requests.memory: 12Gi", "spaces: 3", "requests.example.com/gpu: 0"),
				amounts("requests.cpu: 4", "requests.memory: 8Gi", "spaces: 2")),
			budgeted("bakery", 1, amounts("requests.cpu: 4"), amounts("requests.cpu: 8", "requests.memory: 12Gi")),
			{ObjectMeta: metav1.ObjectMeta{Name: "quarry"}, Status: v1alpha1.AccountStatus{Spaces: 1}},
		},
		spaces: []v1alpha1.Space{
			charged("stout", "brewery", "requests.cpu: 1", "requests.memory: 4Gi"),
			charged("lager", "brewery", "requests.cpu: 3", "requests.memory: 4Gi"),
			charged("bread", "bakery", "requests.cpu: 8", "requests.memory: 12Gi"),
			charged("gravel", "quarry", "pods: 60", "requests.cpu: 500m"),
			charged("pit", "", "requests.memory: 1Gi"),
			charged("pebble", "", "requests.memory: 2Gi"),
			space("unmanaged"),
		},
		refused: map[string]error{},
	}
}

// serveTown starts a server that has what is seen, and refuses to list what is at those paths.
func serveTown(t *testing.T, s *sight, refused ...string) *server {
	return newServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case slices.Contains(refused, path):
			refuse(w, forbidden("alice", "list "+path))
		case path == quotasPath:
			answer(w, http.StatusOK, v1alpha1.ClusterQuotaList{Items: s.quotas})
		case path == accountsPath:
			answer(w, http.StatusOK, v1alpha1.AccountList{Items: s.accounts})
		case path == spacesPath:
			answer(w, http.StatusOK, v1alpha1.SpaceList{Items: s.spaces})
		default:
			http.NotFound(w, r)
		}
	})
}

const townTable = `BUDGET                 RESOURCE                   USED     HARD     PERCENT
clusterquota/cluster   pods                       60       1k       6%
clusterquota/cluster   requests.cpu               12500m   <none>   <none>
clusterquota/cluster   requests.memory            20Gi     <none>   <none>
clusterquota/cluster   spaces                     4        500      0%
account/bakery         requests.cpu               8        4        200%
account/bakery         requests.memory            12Gi     <none>   <none>
account/bakery         spaces                     1        <none>   <none>
account/brewery        requests.cpu               4        6        66%
account/brewery        requests.example.com/gpu   0        0        <none>
account/brewery        requests.memory            8Gi      12Gi     66%
account/brewery        spaces                     2        3        66%
account/quarry         spaces                     1        <none>   <none>

SPACE    ACCOUNT   RESOURCE          USED   HARD     PERCENT   BUDGET
bread    bakery    requests.cpu      8      4        200%      account
lager    brewery   requests.cpu      3      6        50%       account
stout    brewery   requests.memory   4Gi    12Gi     33%       account
gravel   quarry    pods              60     1k       6%        clusterquota
pebble   <none>    requests.memory   2Gi    <none>   <none>    <none>
pit      <none>    requests.memory   1Gi    <none>   <none>    <none>
`

func TestTop(t *testing.T) {
	const ofBrewery = `BUDGET            RESOURCE                   USED   HARD   PERCENT
account/brewery   requests.cpu               4      6      66%
account/brewery   requests.example.com/gpu   0      0      <none>
account/brewery   requests.memory            8Gi    12Gi   66%
account/brewery   spaces                     2      3      66%

SPACE   ACCOUNT   RESOURCE          USED   HARD   PERCENT   BUDGET
lager   brewery   requests.cpu      3      6      50%       account
stout   brewery   requests.memory   4Gi    12Gi   33%       account
`
	cases := map[string]struct {
		args []string
		want result
	}{
		"of all":                          {want: success(townTable)},
		"of one account":                  {args: []string{"brewery"}, want: success(ofBrewery)},
		"of what -o name prints":          {args: []string{"account.spaces.tenancy.example.io/brewery", "acc/brewery"}, want: success(ofBrewery)},
		"of no such account":              {args: []string{"brewery", "brewer"}, want: failure("Error from server (NotFound): accounts.spaces.tenancy.example.io \"brewer\" not found\n")},
		"of what is no account":           {args: []string{"space/lager"}, want: failure("error: \"space/lager\" is not an account: say NAME or account/NAME\n")},
		"of fewer than none":              {args: []string{"--limit=-1"}, want: failure("error: --limit must be 0 or more, got -1\nSee 'kubectl space top -h' for help and examples\n")},
		"of a resource that nobody names": {args: []string{"--sort-by=cpu"}, want: failure("error: no budget and no Space names the resource \"cpu\"\n")},
		"in no such format": {args: []string{"-o", "wide"}, want: failure("error: unable to match a printer suitable for the output format \"wide\", " +
			"allowed formats are: json,kyaml,yaml\n")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			serveTown(t, town())
			got := invoke(t, "kubectl-space", append([]string{"top"}, tc.args...)...)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("unexpected output (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTopShowsTheLargest(t *testing.T) {
	cases := map[string]struct {
		args   []string
		want   []string
		errOut string
	}{
		"of all": {
			args: []string{"--limit=0"},
			want: []string{"cluster", "bakery", "brewery", "quarry", "bread", "lager", "stout", "gravel", "pebble", "pit"},
		},
		"two": {
			args:   []string{"--limit=2"},
			want:   []string{"cluster", "bakery", "brewery", "bread", "lager"},
			errOut: "Not shown: 1 more account(s) and 4 more Space(s); --limit=0 shows all.\n",
		},
		"one of two accounts": {
			args:   []string{"--limit=1", "quarry", "brewery"},
			want:   []string{"brewery", "quarry", "lager"},
			errOut: "Not shown: 2 more Space(s); --limit=0 shows all.\n",
		},
		"as many as there are": {
			args: []string{"--limit=6"},
			want: []string{"cluster", "bakery", "brewery", "quarry", "bread", "lager", "stout", "gravel", "pebble", "pit"},
		},
		"by memory": {
			args: []string{"--sort-by=requests.memory"},
			want: []string{"cluster", "brewery", "bakery", "quarry", "bread", "lager", "stout", "pebble", "pit"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			serveTown(t, town())
			got := invoke(t, "kubectl-space", append([]string{"top"}, tc.args...)...)
			if diff := cmp.Diff(tc.want, shownIn(got.out)); diff != "" {
				t.Errorf("unexpected order (-want +got):\n%s", diff)
			}
			if got.code != 0 || got.errOut != tc.errOut {
				t.Errorf("got %d and %q, want %q", got.code, got.errOut, tc.errOut)
			}
		})
	}
}

// shownIn returns the names in the first column of the tables, each once.
func shownIn(tables string) []string {
	var names []string
	for line := range strings.Lines(tables) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		_, name, _ = strings.Cut("/"+name, "/")
		if _, behind, ok := strings.Cut(name, "/"); ok {
			name = behind
		}
		if name != "" && name != strings.ToUpper(name) {
			names = append(names, name)
		}
	}
	return slices.Compact(names)
}

func TestTopIsAnObject(t *testing.T) {
	const want = `apiVersion: cli.spaces.tenancy.example.io/v1alpha1
budgets:
- kind: Account
  name: bakery
  resources:
  - hard: "4"
    percent: 200
    resource: requests.cpu
    used: "8"
  - resource: requests.memory
    used: 12Gi
  - resource: spaces
    used: "1"
kind: SpaceTop
spaces:
- account: bakery
  budget: Account
  hard: "4"
  name: bread
  percent: 200
  resource: requests.cpu
  used: "8"
`
	serveTown(t, town())
	got := invoke(t, "kubectl-space", "top", "bakery", "-o", "yaml")
	if diff := cmp.Diff(success(want), got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("unexpected output (-want +got):\n%s", diff)
	}
	serveTown(t, &sight{quotas: town().quotas[:0]})
	got = invoke(t, "kubectl-space", "top", "-o", "json")
	for _, want := range []string{`"budgets": []`, `"spaces": []`} {
		if !strings.Contains(got.out, want) {
			t.Errorf("got %s, want %s in it even if there is nothing", got.out, want)
		}
	}
}

func TestTopSaysWhatItCannotSee(t *testing.T) {
	seen := func(change func(*sight)) *sight {
		s := town()
		change(s)
		return s
	}
	cases := map[string]struct {
		town    *sight
		refused []string
		args    []string
		want    string
		code    int
	}{
		"the budget of the cluster": {
			town: seen(func(s *sight) { s.quotas = nil }),
			want: "Not shown, since you may not see it: the ClusterQuota.\n",
		},
		"the kind of the ClusterQuota": {
			town: town(), refused: []string{quotasPath},
			want: "Not shown, since you may not see it: the ClusterQuota.\n",
		},
		"the account of a Space": {
			town: seen(func(s *sight) { s.accounts = s.accounts[:1] }),
			want: "Not shown, since you may not see it: the account bakery, the account quarry.\n",
		},
		"accounts and Spaces": {
			town: town(), refused: []string{accountsPath, spacesPath},
			want: "Not shown, since you may not see it: accounts, Spaces.\n",
		},
		"the Spaces of an account": {
			town: town(), args: []string{"brewery"}, refused: []string{quotasPath, spacesPath},
			want: "Not shown, since you may not see it: Spaces.\n",
		},
		"accounts, if it is to show one": {
			town: town(), args: []string{"brewery"}, refused: []string{accountsPath},
			want: "Error from server (Forbidden): " + forbidden("alice", "list "+accountsPath).Message + "\n", code: 1,
		},
		"anything": {
			town: town(), refused: []string{quotasPath, accountsPath, spacesPath},
			want: "Error from server (Forbidden): " + forbidden("alice", "list "+spacesPath).Message + "\n", code: 1,
		},
		"nothing that is there": {
			town: &sight{quotas: nil},
			want: "Not shown, since you may not see it: the ClusterQuota.\nNo resources found\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			serveTown(t, tc.town, tc.refused...)
			got := invoke(t, "kubectl-space", append([]string{"top"}, tc.args...)...)
			if got.code != tc.code || got.errOut != tc.want {
				t.Errorf("got %d and %q, want %d and %q", got.code, got.errOut, tc.code, tc.want)
			}
		})
	}
}

func TestTopFailsWith(t *testing.T) {
	for _, path := range []string{quotasPath, accountsPath, spacesPath} {
		t.Run(path, func(t *testing.T) {
			newServer(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == path {
					refuse(w, metav1.Status{Code: http.StatusServiceUnavailable, Reason: metav1.StatusReasonServiceUnavailable})
					return
				}
				answer(w, http.StatusOK, v1alpha1.SpaceList{})
			})
			got := invoke(t, "kubectl-space", "top")
			if got.code != 1 || got.out != "" || !strings.HasPrefix(got.errOut, "Error from server (ServiceUnavailable)") {
				t.Errorf("got %+v, want that the server is unavailable", got)
			}
		})
	}
	t.Run("the connection", func(t *testing.T) {
		s := newStore(t)
		s.Close()
		want := failure(fmt.Sprintf("The connection to the server %s was refused - did you specify the right host or port?\n",
			strings.TrimPrefix(s.URL, "https://")))
		if got := invoke(t, "kubectl-space", "top"); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestTopAsksForEachKindOnce(t *testing.T) {
	cases := map[string]struct{ args, want []string }{
		"for all":        {want: []string{quotasPath, accountsPath, spacesPath}},
		"for an account": {args: []string{"brewery"}, want: []string{accountsPath, spacesPath}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serveTown(t, town())
			invoke(t, "kubectl-space", append([]string{"top"}, tc.args...)...)
			var asked []string
			for _, request := range s.requests {
				asked = append(asked, request.Path)
			}
			if diff := cmp.Diff(tc.want, asked); diff != "" {
				t.Errorf("unexpected requests (-want +got):\n%s", diff)
			}
		})
	}
}
