//! The form of a new campaign as a browser sends it.

use axum::body::Body;
use http::{Method, Request};

use super::request;

const BOUNDARY: &str = "----autolynx-test";

/// Four rows that can be called, one that repeats a number, one that cannot be called.
pub(crate) const LIST: &str = "name,business_name,phone,city\n\
    Ada Moreno,Moreno Roofing,+12025550143,Washington\n\
    Grace O'Neill,O'Neill Bakery,+442079460321,London\n\
    Mina Park,Park Dental,+12025550178,\n\
    Tomasz Nowak,Nowak & Synowie,+48 22 555 01 20,Warszawa\n\
    Ada again,,+1 (202) 555-0143,\n\
    Nobody,,555-01,\n";

/// A form under construction.
pub(crate) struct Form {
    fields: Vec<(String, Option<String>, Vec<u8>)>,
}

impl Form {
    /// The usual form with the usual list.
    pub(crate) fn new() -> Self {
        Self { fields: Vec::new() }
            .field("name", "Spring follow-up")
            .field("assistant_id", "asst-1")
            .field("phone_number_id", "num-1")
            // Tests import the same list as often as they like.
            .field("allow_repeat", "true")
            .list("leads.csv", LIST)
    }

    /// A form with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { fields: Vec::new() }
    }

    /// Sets a field.
    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, ..)| known != name);
        self.again(name, value)
    }

    /// Adds a field beside one of the same name.
    pub(crate) fn again(mut self, name: &str, value: &str) -> Self {
        self.fields
            .push((name.to_owned(), None, value.as_bytes().to_vec()));
        self
    }

    /// Leaves a field out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, ..)| known != name);
        self
    }

    /// Sets the list.
    pub(crate) fn list(mut self, file_name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.fields.retain(|(known, ..)| known != "file");
        self.fields
            .push(("file".to_owned(), Some(file_name.to_owned()), content.into()));
        self
    }

    /// The form's content type and body.
    pub(crate) fn raw(&self) -> (String, Vec<u8>) {
        let mut body = Vec::new();
        for (name, file_name, value) in &self.fields {
            let file = file_name
                .as_ref()
                .map_or_else(String::new, |file| format!("; filename=\"{file}\""));
            let head =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    /// The form as a request.
    pub(crate) fn request(&self) -> Request<Body> {
        let (kind, body) = self.raw();
        let mut request = request(Method::POST, "/api/campaigns");
        request
            .headers_mut()
            .insert("content-type", kind.parse().unwrap());
        *request.body_mut() = Body::from(body);
        request
    }
}
