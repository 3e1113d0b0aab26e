// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestValidateObject(t *testing.T) {
	const (
		wantText    = "every manifest has it, and it is a text"
		wantJSON    = "spec.objects[0]: Invalid value: must be a manifest in JSON: "
		wantObject  = "spec.objects[0]: Invalid value: must be a manifest, with apiVersion, kind and metadata"
		wantVersion = `spec.objects[0].apiVersion: Invalid value: must be a version such as "v1", or one of a group such as "apps/v1"`
		wantGroup   = `spec.objects[0].kind: Forbidden: what is of the group "spaces.tenancy.example.io" is not inside of a Space: remove it`
	)
	testCases := map[string]struct {
		manifest string
		want     []string
	}{
		"a ConfigMap":                      {manifest: configMap("a", `"a":"b"`)},
		"what is of a group":               {manifest: `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"replicas":1}}`},
		"what is of somebody's own":        {manifest: `{"apiVersion":"example.com/v1beta2","kind":"AllowList","metadata":{"name":"a.b"},"spec":{"items":[]}}`},
		"what kubectl makes":               {manifest: `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","creationTimestamp":null},"status":{}}`},
		"what is dropped is not looked at": {manifest: `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"status":"${nobody}"}`},
		"nothing":                          {manifest: ``, want: []string{wantJSON}},
		"what is broken off":               {manifest: `{"apiVersion":"v1"`, want: []string{wantJSON}},
		"two":                              {manifest: configMap("a", "") + configMap("b", ""), want: []string{wantJSON}},
		"what is in YAML":                  {manifest: "apiVersion: v1\nkind: ConfigMap", want: []string{wantJSON}},
		"null":                             {manifest: `null`, want: []string{wantObject}},
		"text":                             {manifest: `"a"`, want: []string{wantObject}},
		"a list of manifests":              {manifest: `[` + configMap("a", "") + `]`, want: []string{wantObject}},
		"an empty one": {
			manifest: `{}`,
			want: []string{
				"spec.objects[0].apiVersion: Required value: " + wantText, "spec.objects[0].kind: Required value: " + wantText,
				"spec.objects[0].metadata: Required value: every manifest has it, and it has a name",
			},
		},
		"one without texts where they are needed": {
			manifest: `{"apiVersion":1,"kind":true,"metadata":{"name":7}}`,
			want: []string{
				"spec.objects[0].apiVersion: Required value: " + wantText, "spec.objects[0].kind: Required value: " + wantText,
				"spec.objects[0].metadata.name: Required value: " + wantText,
			},
		},
		"one whose metadata is text":    {manifest: `{"apiVersion":"v1","kind":"Pod","metadata":"a"}`, want: []string{"spec.objects[0].metadata: Required value: "}},
		"one with an empty name":        {manifest: configMap("", ""), want: []string{"spec.objects[0].metadata.name: Required value: " + wantText}},
		"a version of two groups":       {manifest: `{"apiVersion":"a/b/v1","kind":"A","metadata":{"name":"a"}}`, want: []string{wantVersion}},
		"a group without a version":     {manifest: `{"apiVersion":"apps/","kind":"A","metadata":{"name":"a"}}`, want: []string{wantVersion}},
		"a version of the empty group":  {manifest: `{"apiVersion":"/v1","kind":"A","metadata":{"name":"a"}}`, want: []string{wantVersion}},
		"a version that is filled in":   {manifest: `{"apiVersion":"${s}","kind":"A","metadata":{"name":"a"}}`, want: []string{"spec.objects[0].apiVersion: Invalid value: nothing is filled in here: write it out"}},
		"a kind that is filled in":      {manifest: `{"apiVersion":"v1","kind":"A${s}","metadata":{"name":"a"}}`, want: []string{"spec.objects[0].kind: Invalid value: nothing is filled in here: write it out"}},
		"a List":                        {manifest: `{"apiVersion":"v1","kind":"List","metadata":{"name":"a"}}`, want: []string{`spec.objects[0].kind: Forbidden: "List" is a list: write its items as objects of the template`}},
		"a list of one kind":            {manifest: `{"apiVersion":"v1","kind":"PodList","metadata":{"name":"a"},"items":[]}`, want: []string{`spec.objects[0].kind: Forbidden: "PodList" is a list: write its items`}},
		"a Secret":                      {manifest: `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}`, want: []string{"spec.objects[0].kind: Forbidden: everybody who may list templates would read the Secret: have it made inside the Space"}},
		"a Secret of others":            {manifest: `{"apiVersion":"example.com/v1","kind":"Secret","metadata":{"name":"a"}}`},
		"a Namespace":                   {manifest: `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}`, want: []string{"spec.objects[0].kind: Forbidden: the namespace is the Space itself: remove it"}},
		"a Space":                       {manifest: `{"apiVersion":"spaces.tenancy.example.io/v1alpha1","kind":"Space","metadata":{"name":"a"}}`, want: []string{wantGroup}},
		"what else there will be":       {manifest: `{"apiVersion":"spaces.tenancy.example.io/v7","kind":"Other","metadata":{"name":"a"}}`, want: []string{wantGroup}},
		"a number that is none in JSON": {manifest: configMap("a", `"a":1e999`), want: []string{wantJSON}},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.want, Validate(specOf(tc.manifest), field.NewPath("spec")))
		})
	}
}

func TestValidateMetadata(t *testing.T) {
	const wantOfServer = "Forbidden: the API server sets it: remove it"
	testCases := map[string]struct {
		metadata string
		want     []string // without the path of the metadata
	}{
		"a name is enough":                {metadata: `"name":"a"`},
		"labels and annotations":          {metadata: `"name":"a","labels":{"a":"b","example.com/a":""},"annotations":{"A":"b c"}`},
		"none of them":                    {metadata: `"name":"a","labels":null,"annotations":{}`},
		"what is filled in":               {metadata: `"name":"${s}-a","labels":{"a":"${s}","b":"x${n}"},"annotations":{"a":"${account}"}`},
		"a name that is none":             {metadata: `"name":"A b"`, want: []string{"name: Invalid value: a lowercase RFC 1123 subdomain must"}},
		"a name that is escaped":          {metadata: `"name":"$${s}"`, want: []string{"name: Invalid value: a lowercase RFC 1123 subdomain must"}},
		"a name that would be a number":   {metadata: `"name":"${n}"`, want: []string{"name: Invalid value: must be a text, and becomes what is of type integer: make that parameter a string with a pattern"}},
		"a label that would be a boolean": {metadata: `"name":"a","labels":{"a":"${b}"}`, want: []string{"labels[a]: Invalid value: must be a text, and becomes what is of type boolean"}},
		"an annotation that is a number":  {metadata: `"name":"a","annotations":{"a":7}`, want: []string{"annotations[a]: Invalid value: must be a text: write it in quotes"}},
		"labels that are a list":          {metadata: `"name":"a","labels":["a"]`, want: []string{"labels: Invalid value: must be keys with texts"}},
		"a label that is none":            {metadata: `"name":"a","labels":{"a":"b c"}`, want: []string{"labels: Invalid value: a valid label must be"}},
		"a key of a label that is none":   {metadata: `"name":"a","labels":{"a b":"${s}"}`, want: []string{"labels: Invalid value: name part must"}},
		"a key of an annotation":          {metadata: `"name":"a","annotations":{"a b":"c"}`, want: []string{"annotations: Invalid value: name part must"}},
		"a namespace":                     {metadata: `"name":"a","namespace":"b"`, want: []string{"namespace: Forbidden: it is the Space's: remove it"}},
		"a namespace that is filled in":   {metadata: `"name":"a","namespace":"${space}"`, want: []string{"namespace: Forbidden: it is the Space's: remove it"}},
		"a name that is generated":        {metadata: `"generateName":"a-"`, want: []string{"generateName: Forbidden: the platform could not find the object again: remove it, and set the name", "name: Required value: "}},
		"owners":                          {metadata: `"name":"a","ownerReferences":[]`, want: []string{"ownerReferences: Forbidden: nothing outside of the Space owns what is in it: remove it"}},
		"finalizers":                      {metadata: `"name":"a","finalizers":["a/b"]`, want: []string{"finalizers: Forbidden: they would hold up the end of the Space: remove them"}},
		"what somebody has exported": {
			metadata: `"name":"a","uid":"u","resourceVersion":"1","generation":1,"selfLink":"/","creationTimestamp":"2026-01-01T00:00:00Z","deletionTimestamp":null,"managedFields":[],"deletionGracePeriodSeconds":1`,
			want: []string{
				"creationTimestamp: " + wantOfServer, "deletionGracePeriodSeconds: " + wantOfServer, "deletionTimestamp: " + wantOfServer, "generation: " + wantOfServer,
				"managedFields: " + wantOfServer, "resourceVersion: " + wantOfServer, "selfLink: " + wantOfServer, "uid: " + wantOfServer,
			},
		},
		"keys of the platform": {
			metadata: `"name":"a","labels":{"spaces.tenancy.example.io/managed":"true"},"annotations":{"Spaces.tenancy.example.io/a":"${s}"}`,
			want: []string{
				`labels[spaces.tenancy.example.io/managed]: Forbidden: keys that start with "spaces.tenancy.example.io/" are set by the platform only: remove it, or choose another prefix`,
				"annotations[Spaces.tenancy.example.io/a]: Forbidden: ",
			},
		},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, text := range tc.want {
				want = append(want, "spec.objects[0].metadata."+text)
			}
			manifest := `{"apiVersion":"v1","kind":"ConfigMap","metadata":{` + tc.metadata + `}}`
			expectErrors(t, want, Validate(specOf(manifest), field.NewPath("spec")))
		})
	}
}

func TestValidatePlaceholders(t *testing.T) {
	const wantKey = `Invalid value: nothing is filled into keys: write it out`
	testCases := map[string]struct {
		data string
		want []string // behind the path of the object
	}{
		"declared ones":              {data: `"a":"${s} ${n} ${b}","b":["${s}",{"c":"${n}"}],"d":1.5`},
		"those that are always":      {data: `"a":"${space}/${account}"`},
		"escaped ones":               {data: `"a":"$${nobody}"`},
		"one that is not declared":   {data: `"a":"x${nobody}"`, want: []string{`.data.a: Invalid value: the template has no parameter "nobody": declare it, or write "$${" for "${"`}},
		"one in other letters":       {data: `"a":"${S}"`, want: []string{`.data.a: Invalid value: the template has no parameter "S": declare it`}},
		"one without an end":         {data: `"a":"${s"`, want: []string{`.data.a: Invalid value: "${s" has no "}" behind it: close it, or write "$${" for "${"`}},
		"one that cannot be":         {data: `"a":"${s:-x}"`, want: []string{`.data.a: Invalid value: "s:-x" is no name of a parameter: declare one and name it, or write`}},
		"those that are deep inside": {data: `"a.b":[[{"c":"${x}"}]]`, want: []string{`.data[a.b][0][0].c: Invalid value: the template has no parameter "x"`}},
		"one in a key":               {data: `"${s}":"a"`, want: []string{`.data[${s}]: ` + wantKey}},
		"an escaped one in a key":    {data: `"$${s}":{"a${":1}`, want: []string{`.data[$${s}]: ` + wantKey, `.data[$${s}][a${]: ` + wantKey}},
		"one of each text is told":   {data: `"a":"${x}${y}${x}","b":"${x}"`, want: []string{`.data.a: Invalid value: the template has no parameter "x"`, `.data.b: Invalid value: the template has no parameter "x"`}},
		"one that is very deep":      {data: `"a":` + strings.Repeat("[", 9000) + `"${x}"` + strings.Repeat("]", 9000), want: []string{`.data.a` + strings.Repeat("[0]", 9000) + `: Invalid value: the template has no parameter "x"`}},
		"very many":                  {data: strings.Repeat(`"a":"${x}",`, 100) + `"b":[` + strings.Repeat(`"${x}",`, 100) + `1]`, want: manyTexts()},
	}
	for name, tc := range testCases {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, text := range tc.want {
				want = append(want, "spec.objects[0]"+text)
			}
			expectErrors(t, want, Validate(specOf(configMap("a", tc.data)), field.NewPath("spec")))
		})
	}
}

func manyTexts() []string {
	want := []string{`.data.a: Invalid value: the template has no parameter "x"`}
	for range 9 {
		want = append(want, ".data.b[")
	}
	return want
}
