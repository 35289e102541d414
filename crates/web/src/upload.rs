//! Reading the form of a new campaign while it is being sent. The list goes to a file that has no name; nothing of it is
//! kept in memory.

use std::{collections::BTreeMap, fs::File, io::Seek};

use axum::extract::{
    Multipart,
    multipart::{Field, MultipartError},
};
use bytes::Bytes;
use domain::list::ListError;
use http::StatusCode;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::error::ApiError;

/// The field with the list.
pub(crate) const FILE: &str = "file";

/// Says that the same list may be imported again.
pub(crate) const ALLOW_REPEAT: &str = "allow_repeat";

/// Fields that do not make it another campaign.
const NOT_CONTENT: [&str; 2] = ["start", ALLOW_REPEAT];

/// The fields that a form may have beside the list. An unknown one may be a misspelt cap, so it is refused.
const FIELDS: [&str; 15] = [
    "name",
    "assistant_id",
    "phone_number_id",
    "mode",
    "batch_size",
    "quiet_line_gate",
    "cap",
    "default_region",
    "start",
    ALLOW_REPEAT,
    "priority",
    "policy",
    "campaign_id",
    "reason",
    "by",
];

/// The longest value of a field, in bytes.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// What of a list that is too large is still taken and thrown away, as a multiple of the limit. A browser that is cut off
/// while it sends shows a broken connection instead of the answer.
const DRAINED: u64 = 8;

/// A form that was sent.
#[derive(Debug)]
pub(crate) struct Form {
    values: BTreeMap<&'static str, String>,
    list_hash: Vec<u8>,
    /// The list, from its beginning.
    pub list: File,
    /// What its file is called where it comes from.
    pub file_name: String,
}

impl Form {
    /// The value of a field without spaces at its ends; `None` when it is absent or empty.
    pub(crate) fn get(&self, field: &str) -> Option<&str> {
        self.values
            .get(field)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Names what was sent: the list, and all that was said of the campaign. The same again has the same.
    pub(crate) fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.list_hash);
        for (name, value) in &self.values {
            let value = value.trim();
            if NOT_CONTENT.contains(name) || value.is_empty() {
                continue;
            }
            for text in [name, value] {
                hash.update(text.len().to_be_bytes());
                hash.update(text);
            }
        }
        hex(&hash.finalize())
    }

    /// Whether a field is there, be it empty.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.values.contains_key(field)
    }

    /// Reads a form to its end.
    pub(crate) async fn read(mut multipart: Multipart, max_list_bytes: u64) -> Result<Self, ApiError> {
        let mut values = BTreeMap::new();
        let mut list = None;
        let mut list_hash = Vec::new();
        let mut file_name = String::new();
        while let Some(field) = multipart.next_field().await.map_err(|error| unreadable(&error))? {
            let name = field.name().unwrap_or_default();
            if name == FILE {
                if list.is_some() {
                    return Err(ApiError::field(FILE, "Send one list at a time."));
                }
                file_name = field.file_name().unwrap_or_default().replace('\0', "");
                file_name = file_name.chars().take(200).collect();
                let (file, hash) = spool(field, max_list_bytes).await?;
                list = Some(file);
                list_hash = hash;
                continue;
            }
            let Some(known) = FIELDS.into_iter().find(|field| *field == name) else {
                let name: String = name.chars().filter(|c| *c != '\0').take(100).collect();
                let message = format!(
                    "There is no field “{name}”. The fields are {FILE}, {}.",
                    FIELDS.join(", ")
                );
                return Err(ApiError::field(&name, message));
            };
            if values.insert(known, text(known, field).await?).is_some() {
                return Err(ApiError::field(
                    known,
                    format!("The field “{known}” is there more than once."),
                ));
            }
        }
        let list = list.ok_or_else(|| ApiError::field(FILE, "Choose the file with the people to call."))?;
        Ok(Self {
            values,
            list_hash,
            list,
            file_name,
        })
    }
}

/// Takes the list down to a file, up to the limit, with its hash.
async fn spool(mut field: Field<'_>, max_bytes: u64) -> Result<(File, Vec<u8>), ApiError> {
    let file = tempfile::tempfile().map_err(|error| no_room(&error))?;
    let mut file = tokio::fs::File::from_std(file);
    let mut hash = Sha256::new();
    let mut taken: u64 = 0;
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        taken = taken.saturating_add(chunk_length(&chunk));
        if taken <= max_bytes {
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(|error| no_room(&error))?;
        } else if taken > max_bytes.saturating_mul(DRAINED) {
            break;
        }
    }
    if taken > max_bytes {
        let error = ListError::TooLarge {
            limit_bytes: max_bytes,
        };
        return Err(refused(&error, StatusCode::PAYLOAD_TOO_LARGE));
    }
    file.flush().await.map_err(|error| no_room(&error))?;
    let mut file = file.into_std().await;
    file.rewind().map_err(|error| no_room(&error))?;
    Ok((file, hash.finalize().to_vec()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn chunk_length(chunk: &Bytes) -> u64 {
    u64::try_from(chunk.len()).unwrap_or(u64::MAX)
}

async fn text(name: &str, mut field: Field<'_>) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + chunk.len() > MAX_VALUE_BYTES {
            return Err(ApiError::field(
                name,
                format!("The value of “{name}” is too long."),
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| ApiError::field(name, format!("The value of “{name}” is not UTF-8.")))?;
    if text.contains('\0') {
        return Err(ApiError::nul());
    }
    Ok(text)
}

/// A fault of the whole list as an error. Its code is the domain's own; `details` holds what the domain says about it.
pub(crate) fn refused(error: &ListError, status: StatusCode) -> ApiError {
    let mut details = serde_json::to_value(error).unwrap_or_default();
    let code = match details.as_object_mut() {
        Some(fields) => {
            fields.insert("field".to_owned(), FILE.into());
            fields
                .remove("code")
                .and_then(|code| code.as_str().map(str::to_owned))
        }
        None => None,
    };
    let code = code.unwrap_or_else(|| "invalid_list".to_owned());
    ApiError::new(status, code, error.to_string()).with_details(details)
}

fn unreadable(error: &MultipartError) -> ApiError {
    let message = "The form cannot be read. Send it as multipart/form-data, and send it whole.";
    ApiError::new(error.status(), "invalid_form", message).caused_by(error.body_text())
}

fn no_room(error: &std::io::Error) -> ApiError {
    let message = "The server has no room for the list just now. Nothing was stored; try again later.";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "no_room", message).caused_by(error)
}
