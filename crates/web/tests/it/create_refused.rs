//! `POST /api/campaigns` that is refused: the field at fault is named, and nothing is stored.

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::rig::{Answer, Form, LIST, Rig, request};

/// The answer to a form after which there must be no campaign and no assistant.
async fn refused(rig: &Rig, form: Form) -> Answer {
    let answer = rig.create(form).await;
    assert_eq!(
        rig.store.count_campaigns(false).await.unwrap(),
        0,
        "{}",
        answer.text()
    );
    answer
}

#[track_caller]
fn at_field(answer: &Answer, field: &str) {
    assert_eq!(
        answer.error(),
        (422, "invalid_field".to_owned()),
        "{}",
        answer.text()
    );
    assert_eq!(
        answer.json()["error"]["details"]["field"],
        field,
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn every_field_at_fault_is_named() {
    let rig = Rig::new().await;
    let forms = [
        (Form::new().without("name"), "name"),
        (Form::new().field("name", " \n "), "name"),
        (Form::new().field("name", &"x".repeat(201)), "name"),
        (Form::new().without("assistant_id"), "assistant_id"),
        (Form::new().field("assistant_id", "asst-9"), "assistant_id"),
        (
            Form::new().field("assistant_id", "019aa000-0000-7000-8000-000000000001"),
            "assistant_id",
        ),
        (Form::new().without("phone_number_id"), "phone_number_id"),
        (Form::new().field("phone_number_id", "num-9"), "phone_number_id"),
        (Form::new().field("phone_number_id", "num-2"), "phone_number_id"),
        (Form::new().field("mode", "predictive"), "mode"),
        (Form::new().field("cap", "0"), "cap"),
        (Form::new().field("cap", "51"), "cap"),
        (Form::new().field("cap", "8.5"), "cap"),
        (
            Form::new().field("mode", "batch").field("batch_size", "0"),
            "batch_size",
        ),
        (Form::new().field("batch_size", "5"), "batch_size"),
        (Form::new().field("quiet_line_gate", "true"), "quiet_line_gate"),
        (Form::new().field("start", "yes please"), "start"),
        (Form::new().field("default_region", "XX"), "default_region"),
        (Form::new().field("caps", "8"), "caps"),
        (Form::new().field("cap", "5").again("cap", "50"), "cap"),
        (Form::new().field("name", &"x".repeat(5_000)), "name"),
        (Form::new().without("file"), "file"),
        (Form::empty(), "file"),
    ];
    for (form, field) in forms {
        at_field(&refused(&rig, form).await, field);
    }
}

#[tokio::test]
async fn a_file_that_is_no_list_is_refused_with_the_reason() {
    let rig = Rig::with(|settings| settings.max_rows = 3).await;
    let lists: [(&[u8], &str); 6] = [
        (b"", "empty"),
        (b"PK\x03\x04 a workbook", "not_text"),
        (b"name,city\nAda,Rome\n", "missing_columns"),
        (b"Ada,+12025550143\nGrace,+442079460321\n", "no_header"),
        (b"name,phone,phone\nAda,1,2\n", "duplicate_column"),
        (LIST.as_bytes(), "too_many_rows"),
    ];
    for (list, code) in lists {
        let answer = refused(&rig, Form::new().list("list.csv", list)).await;
        assert_eq!(answer.error(), (422, code.to_owned()), "{}", answer.text());
        assert_eq!(answer.json()["error"]["details"]["field"], "file");
    }
}

#[tokio::test]
async fn a_list_in_which_nobody_can_be_called_is_refused_with_its_report() {
    let rig = Rig::new().await;
    let answer = refused(
        &rig,
        Form::new().list("list.csv", "name,phone\nAda,12\n,+12025550143\n"),
    )
    .await;
    assert_eq!(answer.error(), (422, "nobody_to_call".to_owned()));
    insta::assert_json_snapshot!("nobody_to_call", answer.shape());
    let empty = refused(&rig, Form::new().list("list.csv", "name,phone\n")).await;
    assert_eq!(empty.error(), (422, "nobody_to_call".to_owned()));
}

#[tokio::test]
async fn a_list_that_is_too_large_is_refused_with_the_limit() {
    let rig = Rig::with(|settings| settings.max_upload_bytes = 1_000).await;
    let row = "Ada Moreno,+12025550143\n";
    for rows in [50, 10_000] {
        let list = format!("name,phone\n{}", row.repeat(rows));
        let answer = refused(&rig, Form::new().list("list.csv", list)).await;
        assert_eq!(answer.error(), (413, "too_large".to_owned()), "{rows} rows");
        assert_eq!(
            answer.json()["error"]["details"],
            json!({ "field": "file", "limit_bytes": 1_000 })
        );
    }
}

#[tokio::test]
async fn a_browser_that_sends_too_much_is_answered_and_not_cut_off() {
    let rig = Rig::with(|settings| settings.max_upload_bytes = 1_000_000).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(autolynx_web::serve(listener, rig.state.clone(), stop.clone()));

    let list = format!("name,phone\n{}", "Ada Moreno,+12025550143\n".repeat(200_000));
    let (head, body) = Form::new().list("list.csv", list).raw();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /api/campaigns HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {head}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    connection.write_all(&body).await.expect("all of it is taken");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 413") && answer.contains("\"too_large\""),
        "{answer}"
    );
    stop.cancel();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_list_of_just_the_limit_is_taken() {
    let list = "name,phone\nAda,+12025550143\n";
    let rig = Rig::with(|settings| settings.max_upload_bytes = list.len() as u64).await;
    rig.create(Form::new().list("list.csv", list)).await.expect(201);
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let rig = Rig::new().await;
    let answer = rig.post("/api/campaigns").await;
    assert_eq!(answer.error(), (400, "invalid_form".to_owned()));
    let mut cut_off: Request<Body> = request(Method::POST, "/api/campaigns");
    cut_off
        .headers_mut()
        .insert("content-type", "multipart/form-data; boundary=x".parse().unwrap());
    *cut_off.body_mut() = Body::from("--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nname,ph");
    assert_eq!(rig.send(cut_off).await.error(), (400, "invalid_form".to_owned()));
}

#[tokio::test]
async fn while_the_provider_cannot_be_asked_nothing_is_stored() {
    let rig = Rig::new().await;
    rig.provider.fail("connection refused", None);
    let answer = refused(&rig, Form::new()).await;
    assert_eq!(answer.error(), (502, "provider_unreachable".to_owned()));
    assert!(answer.text().contains("connection refused") && answer.text().contains("Nothing was stored"));
    rig.provider.fail("too many requests", Some(30_000));
    let answer = refused(&rig, Form::new()).await;
    assert_eq!(answer.error(), (503, "provider_busy".to_owned()));
    assert_eq!(answer.header("retry-after"), "30");
}
