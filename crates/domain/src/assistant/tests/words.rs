//! Placeholders.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::config;
use crate::assistant::variables;

/// The variables of one text, in order.
fn of(text: &str) -> Vec<String> {
    all(json!({"firstMessage": text}))
}

fn all(fields: Value) -> Vec<String> {
    variables(&config(fields)).into_iter().collect()
}

#[test]
fn names_are_found_in_every_text() {
    let config = json!({
        "firstMessage": "Hi {{name}}", "voicemailMessage": "{{ a }}{{b}}", "endCallMessage": "{{- c -}}",
        "model": {"messages": [{"role": "system", "content": "{{ d.e.f }}, {{ g[\"h\"] }}, {{ i[j] }}"}],
                  "tools": [{"type": "apiRequest", "url": "https://a.example/{{k}}"},
                            {"type": "code", "code": "{{ no }}"}]},
        "metadata": {"note": "{{ no }}"},
    });
    assert_eq!(all(config), ["a", "b", "c", "d", "g", "i", "j", "k", "name"]);
}

#[test]
fn what_the_provider_fills_in_is_not_wanted() {
    assert_eq!(
        of("{{now}} {{date}} {{ customer.name }} {{call.id}} {{assistant.name}} {{phoneNumber.number}}"),
        [""; 0]
    );
    assert_eq!(
        of("{{\"now\" | date: \"%b %d, %Y\", \"America/New_York\"}} {{ 'x' }} {{ 1 }} {{ true }} {{}}"),
        [""; 0]
    );
    let looking_back =
        json!({"analysisPlan": {"summaryPlan": {"messages": [{"content": "{{transcript}} {{x}}"}]}}});
    assert_eq!(all(looking_back), ["x"]);
    assert_eq!(of("{{ transcript }}"), ["transcript"]);
}

#[test]
fn a_default_stands_in_for_its_name() {
    assert_eq!(
        of("{{ name | default: \"there\" }} {{ a | upcase | default: b }} {{ c | append: d }}"),
        ["b", "c", "d"]
    );
    assert_eq!(of("{{ a | default: b | default: 'c' }}"), [""; 0]);
    assert_eq!(of("{{ a | default: 'x', allow_false: true }}"), [""; 0]);
    assert_eq!(of("{{ a | default: 'x' }} {{ a }}"), ["a"]);
}

#[test]
fn what_a_text_sets_itself_is_not_wanted() {
    assert_eq!(
        of("{% assign x = name | upcase %}{{ x }}{%- assign y = z | default: '' -%}{{ y }}"),
        ["name"]
    );
    assert_eq!(of("{% capture x %}{{ name }}{% endcapture %}{{ x }}"), ["name"]);
    assert_eq!(
        of("{% for i in items limit: 2 %}{{ i.name }}{{ forloop.index }}{% endfor %}"),
        ["items"]
    );
    assert_eq!(of("{% for i in (1..n) %}{{ i }}{% endfor %}"), ["n"]);
    let tool = json!({"model": {"messages": [{"content": "{{ city }} {{ zip }} {{ name }}"}], "tools": [
        {"variableExtractionPlan": {"aliases": [{"key": "city", "value": "{{ $.city }}"}],
                                    "schema": {"type": "object", "properties": {"zip": {}}}}}]}});
    assert_eq!(all(tool), ["name"]);
}

#[test]
fn what_is_asked_for_first_is_not_wanted() {
    assert_eq!(of("{% if name %}Hi {{ name }}{% endif %}"), [""; 0]);
    assert_eq!(
        of("{% if name and a != blank and b == 'x' %}{{ name }}{{ a }}{{ b }}{{ c }}{% endif %}"),
        ["c"]
    );
    assert_eq!(
        of("{% if name %}{% else %}{{ name }}{% endif %}{% if name %}{% endif %}{{ name }}"),
        ["name"]
    );
    assert_eq!(of("{% if a or b %}{{ a }}{% elsif b %}{{ b }}{% endif %}"), ["a"]);
    assert_eq!(of("{% if a %}{% if a %}{% endif %}{{ a }}{% endif %}"), [""; 0]);
    assert_eq!(
        of("{% unless a %}{{ b }}{% endunless %}{% case a %}{% when 'x' %}{{ c }}{% endcase %}"),
        ["b", "c"]
    );
}

#[test]
fn braces_that_mean_nothing() {
    assert_eq!(
        of("{% raw %}{{ a }}{% endraw %}{% comment %}{% if %}{{ b }}{% endcomment %}{{ c }}"),
        ["c"]
    );
    assert_eq!(of("{ a } {{ b"), [""; 0]);
    assert_eq!(of("{{{ c }}} {\"d\": {\"e\": 1}}"), ["c"]);
    assert_eq!(of("{% liquid\n assign a = b\n echo a\n echo c %}"), ["b", "c"]);
    assert_eq!(of("{{ größe }} {{ customer-id }}"), ["customer-id", "größe"]);
}

#[test]
fn huge_texts_take_no_time() {
    for piece in [
        "{",
        "{{",
        "{%",
        "{{ a }}",
        "{% if a %}",
        "{% endif %}",
        "{{ a | ",
        "\"",
        "{% raw %}",
        "é{{",
        "a.b[",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        let found = variables(&config(json!({"firstMessage": text})));
        assert!(
            found.is_subset(&BTreeSet::from(["a".to_owned()])),
            "{piece}: {found:?}"
        );
    }
}
