//! The views for people with a BI tool.

use domain::time::UtcMs;
use store::Kind;

use crate::{fixture::Fixture, people::NOW, says};

contract! { the_views_show_timestamps_and_dollars }

async fn the_views_show_timestamps_and_dollars(fixture: &Fixture) {
    let (campaign, dials) = fixture.dialled(2).await;
    let called = &dials[0];
    let facts = [
        says::accepted(called, NOW),
        says::answered(called, NOW + 1_000),
        says::report(called, "customer-ended-call", NOW + 61_001),
        says::refused(&dials[1], "autolynx.refused.capacity", NOW),
    ];
    fixture.store.apply_facts(&facts, NOW + 70_000).await.unwrap();

    let moment = |column: &str| match fixture.kind() {
        Kind::Sqlite => column.to_owned(),
        Kind::Postgres => {
            format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
        }
    };
    let one = async |sql: String| fixture.texts(&sql).await;
    let iso = |at: UtcMs| vec![Some(at.to_iso())];

    let of_campaign = format!("FROM reporting_campaigns WHERE CAST(id AS TEXT) = '{campaign}'");
    assert_eq!(
        one(format!("SELECT {} {of_campaign}", moment("created_at"))).await,
        iso(NOW)
    );
    assert_eq!(
        one(format!("SELECT {} {of_campaign}", moment("started_at"))).await,
        iso(NOW)
    );
    assert_eq!(
        one(format!("SELECT {} {of_campaign}", moment("completed_at"))).await,
        [None]
    );
    assert_eq!(
        one(format!("SELECT CAST(total_contacts AS TEXT) {of_campaign}")).await,
        [Some("2".to_owned())]
    );

    let of_call = format!(
        "FROM reporting_calls WHERE CAST(id AS TEXT) = '{}' AND CAST(campaign_id AS TEXT) = '{campaign}' \
         AND CAST(contact_id AS TEXT) = '{}'",
        called.call_id, called.contact_id
    );
    assert_eq!(
        one(format!("SELECT {} {of_call}", moment("started_at"))).await,
        iso(NOW + 1_000)
    );
    assert_eq!(
        one(format!("SELECT {} {of_call}", moment("ended_at"))).await,
        iso(NOW + 61_001)
    );
    assert_eq!(
        one(format!("SELECT {} {of_call}", moment("last_status_at"))).await,
        iso(NOW + 70_000)
    );
    assert_eq!(
        fixture
            .number(&format!("SELECT COUNT(*) {of_call} AND cost_usd = 0.0712"))
            .await,
        1
    );
    let said = match fixture.kind() {
        Kind::Sqlite => "transcript_json ->> '$[0].message'",
        Kind::Postgres => "transcript_json -> 0 ->> 'message'",
    };
    assert_eq!(
        one(format!("SELECT {said} {of_call}")).await,
        [Some("Hi.".to_owned())]
    );
    assert_eq!(
        one(format!("SELECT outcome {of_call}")).await,
        [Some("human".to_owned())]
    );

    let of_contact = format!(
        "FROM reporting_contacts WHERE CAST(id AS TEXT) = '{}'",
        dials[1].contact_id
    );
    let waits_until = one(format!("SELECT {} {of_contact}", moment("eligible_at"))).await;
    let waits_until = waits_until[0]
        .as_deref()
        .and_then(UtcMs::from_iso)
        .expect("a moment");
    assert!(
        (800..=1_200).contains(&waits_until.since(NOW + 70_000)),
        "{waits_until:?}"
    );
    let reason = Some("the provider had no free line".to_owned());
    assert_eq!(one(format!("SELECT reason {of_contact}")).await, [reason]);
    let of_contact = format!(
        "FROM reporting_contacts WHERE CAST(id AS TEXT) = '{}'",
        called.contact_id
    );
    assert_eq!(
        one(format!("SELECT {} {of_contact}", moment("eligible_at"))).await,
        [None]
    );
}
