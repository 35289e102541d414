//! Files for spreadsheets.

use std::ops::ControlFlow;

use domain::list::{self, ListSettings};

use crate::rig::{Form, Rig};

/// A list whose names and columns try to run as formulas.
const HOSTILE: &str = "name,business_name,phone,city,Status,=evil\n\
    \"=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\",@SUM(1),+12025550143,\"Rome, \"\"the\"\" city\",warm,-1+1\n\
    Zoë,,+442079460321,,,\n";

#[tokio::test]
async fn the_export_has_every_contact_and_no_formula() {
    let rig = Rig::new().await;
    let form = Form::new().list("list.csv", HOSTILE).field("name", "Été / \"x\"");
    let id = rig.create(form).await.expect(201).json()["campaign"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = rig
        .get(&format!("/api/campaigns/{id}/export.csv"))
        .await
        .expect(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"_t_ _ _x_.csv\"; filename*=UTF-8''%C3%89t%C3%A9%20%2F%20%22x%22.csv"
    );
    assert_eq!(file.header("content-length"), file.body.len().to_string());
    assert!(file.body.starts_with(b"\xEF\xBB\xBF"), "a mark for Excel");
    insta::assert_snapshot!("export", file.text());
}

#[tokio::test]
async fn an_export_can_be_imported_again_with_the_same_numbers() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let file = rig
        .get(&format!("/api/campaigns/{id}/export.csv"))
        .await
        .expect(200);
    let mut numbers = Vec::new();
    let report = list::read(file.body.as_slice(), &ListSettings::default(), &mut |row| {
        numbers.push(String::from(row.phone));
        ControlFlow::Continue(())
    });
    assert!(report.unwrap().rejected.is_empty());
    assert_eq!(
        numbers,
        ["+12025550143", "+442079460321", "+12025550178", "+48225550120"]
    );
}

#[tokio::test]
async fn rows_that_were_left_out_can_be_downloaded() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let file = rig
        .get(&format!("/api/campaigns/{id}/problems.csv"))
        .await
        .expect(200);
    insta::assert_snapshot!("problems", file.text());
}

#[tokio::test]
async fn a_campaign_that_does_not_exist_has_no_files() {
    let rig = Rig::new().await;
    for file in ["export.csv", "problems.csv"] {
        let path = format!("/api/campaigns/019aa000-0000-7000-8000-000000000001/{file}");
        assert_eq!(rig.get(&path).await.error(), (404, "not_found".to_owned()));
    }
}
