//! Every address that a page offers leads somewhere.

use std::collections::BTreeSet;

use http::Method;
use store::{ContactFilter, Page};

use crate::rig::{Rig, request};

/// What pages send people and browsers to.
fn addresses(page: &str, attribute: &str) -> BTreeSet<String> {
    page.split(&format!(" {attribute}=\""))
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|address| address.starts_with('/'))
        .map(|address| address.replace("&amp;", "&").replace("&#38;", "&"))
        .collect()
}

#[tokio::test]
async fn every_address_on_every_page_leads_somewhere() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    rig.campaign().await;
    let call = rig.call_of(id, "Ada").await;
    let draft = rig.campaign().await;
    let first = Page { limit: 1, offset: 0 };
    let contact = rig
        .store
        .contacts(id, &ContactFilter::default(), first)
        .await
        .unwrap()[0]
        .id;
    let number = serde_json::json!({ "number": "+1900*", "campaign_id": id.to_string() });
    rig.json(Method::POST, "/api/suppressions", number)
        .await
        .expect(201);
    let mut seen = BTreeSet::new();
    for path in [
        "/campaigns".to_owned(),
        format!("/campaigns/{id}"),
        format!("/campaigns/{id}/import"),
        format!("/calls/{call}"),
        format!("/campaigns/{draft}"),
        format!("/campaigns/{id}/settings"),
        format!("/campaigns/{id}/contacts/{contact}"),
        "/campaigns?archived=only".to_owned(),
        "/suppressions".to_owned(),
        "/account".to_owned(),
        "/nothing".to_owned(),
    ] {
        let page = rig.get(&path).await.text();
        for attribute in ["href", "src", "hx-get", "sse-connect"] {
            for address in addresses(&page, attribute) {
                if !seen.insert(address.clone()) {
                    continue;
                }
                let target = address.split('#').next().unwrap_or_default();
                let status = rig.raw(request(Method::GET, target)).await.status();
                assert!(
                    status.is_success(),
                    "{path}: {attribute} {address} answers {status}"
                );
            }
        }
        // Asking to read what only takes posts says at least that it is there.
        for attribute in ["hx-post", "action"] {
            for address in addresses(&page, attribute) {
                let status = rig.raw(request(Method::GET, &address)).await.status().as_u16();
                assert!(
                    matches!(status, 200 | 405),
                    "{path}: {attribute} {address} answers {status}"
                );
            }
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
}
