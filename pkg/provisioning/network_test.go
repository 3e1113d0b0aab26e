// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// document returns the specs of the policies as YAML, by their names.
func document(t *testing.T, network Network) map[string]string {
	t.Helper()
	policies, err := network.policies("a")
	if err != nil {
		t.Fatal(err)
	}
	specs := map[string]string{}
	for _, policy := range policies {
		spec, err := yaml.Marshal(policy.Spec)
		if err != nil {
			t.Fatal(err)
		}
		if *policy.Namespace != "a" || policy.Labels["spaces.tenancy.example.io/managed"] != "true" {
			t.Errorf("%s is in the namespace %q with the labels %v", *policy.Name, *policy.Namespace, policy.Labels)
		}
		specs[*policy.Name] = string(spec)
	}
	return specs
}

const (
	deny = `podSelector: {}
policyTypes:
- Ingress
- Egress
`
	allowWithin = `egress:
- to:
  - podSelector: {}
ingress:
- from:
  - podSelector: {}
podSelector: {}
policyTypes:
- Ingress
- Egress
`
	allowDNS = `egress:
- ports:
  - port: 53
    protocol: UDP
  - port: 53
    protocol: TCP
  to:
  - namespaceSelector:
      matchLabels:
        kubernetes.io/metadata.name: kube-system
podSelector: {}
policyTypes:
- Egress
`
	allowInternet = `egress:
- to:
  - ipBlock:
      cidr: 0.0.0.0/0
      except:
      - 10.0.0.0/8
      - 100.64.0.0/10
      - 169.254.0.0/16
      - 172.16.0.0/12
      - 192.168.0.0/16
  - ipBlock:
      cidr: ::/0
      except:
      - fc00::/7
      - fe80::/10
podSelector: {}
policyTypes:
- Egress
`
)

func TestPolicies(t *testing.T) {
	internet := func(blocks ...string) string {
		return "egress:\n- to:\n  - ipBlock:\n      " + strings.Join(blocks, "\n  - ipBlock:\n      ") +
			"\npodSelector: {}\npolicyTypes:\n- Egress\n"
	}
	linkLocalV6 := "cidr: ::/0\n      except:\n      - fe80::/10"
	for name, tc := range map[string]struct {
		network       Network
		dns, internet string
	}{
		"of most clusters": {dns: allowDNS, internet: allowInternet},
		"link-local addresses are never the internet": {
			network:  Network{ClusterCIDRs: []string{}},
			dns:      allowDNS,
			internet: internet("cidr: 0.0.0.0/0\n      except:\n      - 169.254.0.0/16", linkLocalV6),
		},
		"ranges are sorted, and named once, without the bits of hosts": {
			network: Network{ClusterCIDRs: []string{"20.0.0.0/8", "2001:db8::1/32", "20.1.2.3/8", "9.0.0.0/8"}},
			dns:     allowDNS,
			internet: internet("cidr: 0.0.0.0/0\n      except:\n      - 9.0.0.0/8\n      - 20.0.0.0/8\n      - 169.254.0.0/16",
				"cidr: ::/0\n      except:\n      - 2001:db8::/32\n      - fe80::/10"),
		},
		"a cluster that has all addresses of a family": {
			network:  Network{ClusterCIDRs: []string{"0.0.0.0/0", "10.0.0.0/8"}},
			dns:      allowDNS,
			internet: internet(linkLocalV6),
		},
		"a cluster that has all addresses": {
			network: Network{ClusterCIDRs: []string{"0.0.0.0/0", "::/0"}},
			dns:     allowDNS,
		},
		"names are resolved elsewhere": {
			network: Network{DNS: DNS{Namespace: "openshift-dns", Port: 5353, CIDRs: []string{"169.254.20.10/32"}}},
			dns: strings.NewReplacer("53\n", "5353\n", "kube-system\n",
				"openshift-dns\n  - ipBlock:\n      cidr: 169.254.20.10/32\n").Replace(allowDNS),
			internet: allowInternet,
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]string{"spaces-deny": deny, "spaces-allow-within": allowWithin, "spaces-allow-dns": tc.dns}
			if tc.internet != "" {
				want["spaces-allow-internet"] = tc.internet
			}
			if diff := cmp.Diff(want, document(t, tc.network)); diff != "" {
				t.Errorf("policies (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNetworkValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		network Network
		want    string
	}{
		"nothing said":                {network: Network{}},
		"ranges":                      {network: Network{ClusterCIDRs: []string{"10.0.0.0/8", "fd00::/8"}}},
		"an address without a length": {network: Network{ClusterCIDRs: []string{"10.0.0.0"}}, want: `read ranges of the cluster: parse CIDR "10.0.0.0"`},
		"an IPv4 range in IPv6":       {network: Network{ClusterCIDRs: []string{"::ffff:10.0.0.0/104"}}, want: "write IPv4 addresses as such"},
		"no range":                    {network: Network{ClusterCIDRs: []string{""}}, want: "read ranges of the cluster"},
		"addresses of the DNS":        {network: Network{DNS: DNS{CIDRs: []string{"x"}}}, want: `read addresses of the DNS: parse CIDR "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.network.Validate()
			if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %q", err, tc.want)
			}
		})
	}
}
