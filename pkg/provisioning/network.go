// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	applymetav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	applynetworkingv1 "k8s.io/client-go/applyconfigurations/networking/v1"
)

// Network is what an administrator says of the cluster's network. The zero value is right for most clusters.
type Network struct {
	// ClusterCIDRs are the ranges that are the cluster's own, and those of what is near it. They are not the internet,
	// to which an isolated Space is open. Nil means those of DefaultClusterCIDRs. Link-local addresses, where clouds hand
	// out credentials, are never the internet.
	ClusterCIDRs []string
	// DNS says where names are resolved, to which an isolated Space is open.
	DNS DNS
}

// DNS says where a cluster resolves names.
type DNS struct {
	// Namespace has the pods that do so. Empty means kube-system.
	Namespace string
	// Port is the one on which they listen, by UDP and TCP. Zero means 53.
	Port int32
	// CIDRs are further addresses that listen on it, such as those of caches on the nodes.
	CIDRs []string
}

// DefaultClusterCIDRs returns the private ranges: those of RFC 1918 and RFC 6598, and the unique local addresses.
func DefaultClusterCIDRs() []string {
	return []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}
}

// linkLocal are the ranges that are never the internet.
func linkLocal() []string { return []string{"169.254.0.0/16", "fe80::/10"} }

// Validate returns what is wrong with the network. No Space can be isolated in a wrong one.
func (n Network) Validate() error {
	_, err := n.policies("")
	return err
}

// policies isolate the pods in the namespace: one policy closes everything, and each of the others opens something.
func (n Network) policies(namespace string) ([]*applynetworkingv1.NetworkPolicyApplyConfiguration, error) {
	dns, err := n.DNS.rule()
	if err != nil {
		return nil, fmt.Errorf("read addresses of the DNS: %w", err)
	}
	internet, err := n.internet()
	if err != nil {
		return nil, fmt.Errorf("read ranges of the cluster: %w", err)
	}
	within := applynetworkingv1.NetworkPolicyPeer().WithPodSelector(applymetav1.LabelSelector())
	policies := []*applynetworkingv1.NetworkPolicyApplyConfiguration{
		policy(namespace, "spaces-deny", spec(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress)),
		policy(namespace, "spaces-allow-within", spec(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress).
			WithIngress(applynetworkingv1.NetworkPolicyIngressRule().WithFrom(within)).
			WithEgress(applynetworkingv1.NetworkPolicyEgressRule().WithTo(within))),
		policy(namespace, "spaces-allow-dns", spec(networkingv1.PolicyTypeEgress).WithEgress(dns)),
	}
	// A rule without any peer would open everything.
	if len(internet) > 0 {
		policies = append(policies, policy(namespace, "spaces-allow-internet", spec(networkingv1.PolicyTypeEgress).
			WithEgress(applynetworkingv1.NetworkPolicyEgressRule().WithTo(internet...))))
	}
	return policies, nil
}

func policy(namespace, name string, spec *applynetworkingv1.NetworkPolicySpecApplyConfiguration,
) *applynetworkingv1.NetworkPolicyApplyConfiguration {
	return applynetworkingv1.NetworkPolicy(name, namespace).WithLabels(ourLabels()).WithSpec(spec)
}

// spec is about all pods, and these directions.
func spec(types ...networkingv1.PolicyType) *applynetworkingv1.NetworkPolicySpecApplyConfiguration {
	return applynetworkingv1.NetworkPolicySpec().WithPodSelector(applymetav1.LabelSelector()).WithPolicyTypes(types...)
}

// rule opens what resolves names.
func (d DNS) rule() (*applynetworkingv1.NetworkPolicyEgressRuleApplyConfiguration, error) {
	prefixes, err := parsePrefixes(d.CIDRs)
	if err != nil {
		return nil, err
	}
	namespace := map[string]string{corev1.LabelMetadataName: cmp.Or(d.Namespace, metav1.NamespaceSystem)}
	rule := applynetworkingv1.NetworkPolicyEgressRule().
		WithPorts(d.port(corev1.ProtocolUDP), d.port(corev1.ProtocolTCP)).
		WithTo(applynetworkingv1.NetworkPolicyPeer().
			WithNamespaceSelector(applymetav1.LabelSelector().WithMatchLabels(namespace)))
	for _, prefix := range prefixes {
		rule.WithTo(block(prefix.String(), nil))
	}
	return rule, nil
}

func (d DNS) port(protocol corev1.Protocol) *applynetworkingv1.NetworkPolicyPortApplyConfiguration {
	return applynetworkingv1.NetworkPolicyPort().
		WithProtocol(protocol).
		WithPort(intstr.FromInt32(cmp.Or(d.Port, 53)))
}

// internet returns all addresses but those of the cluster. It is empty if the cluster has them all.
func (n Network) internet() ([]*applynetworkingv1.NetworkPolicyPeerApplyConfiguration, error) {
	own := n.ClusterCIDRs
	if own == nil {
		own = DefaultClusterCIDRs()
	}
	prefixes, err := parsePrefixes(slices.Concat(own, linkLocal()))
	if err != nil {
		return nil, err
	}
	var peers []*applynetworkingv1.NetworkPolicyPeerApplyConfiguration
	for _, all := range []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)} {
		if !slices.Contains(prefixes, all) {
			peers = append(peers, block(all.String(), inside(all, prefixes)))
		}
	}
	return peers, nil
}

// inside returns those of the prefixes that are of the same family.
func inside(all netip.Prefix, prefixes []netip.Prefix) []string {
	var cidrs []string
	for _, prefix := range prefixes {
		if all.Contains(prefix.Addr()) {
			cidrs = append(cidrs, prefix.String())
		}
	}
	return cidrs
}

func block(cidr string, except []string) *applynetworkingv1.NetworkPolicyPeerApplyConfiguration {
	return applynetworkingv1.NetworkPolicyPeer().
		WithIPBlock(applynetworkingv1.IPBlock().WithCIDR(cidr).WithExcept(except...))
}

// parsePrefixes returns the prefixes in order, each of them once, and without bits of hosts.
func parsePrefixes(cidrs []string) ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, 0, len(cidrs))
	for _, cidr := range cidrs {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil {
			return nil, fmt.Errorf("parse CIDR %q: %w", cidr, err)
		}
		if prefix.Addr().Is4In6() {
			return nil, fmt.Errorf("parse CIDR %q: write IPv4 addresses as such", cidr)
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	slices.SortFunc(prefixes, netip.Prefix.Compare)
	return slices.Compact(prefixes), nil
}
