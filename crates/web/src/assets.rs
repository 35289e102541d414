//! The web bundle inside the binary: style sheet, scripts, icons.
//!
//! Every file carries a hash of its content in its name, so a browser may keep it for ever and a new release is seen at
//! once. Templates ask [`asset_url`] by the plain name.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri, header};
use rust_embed::RustEmbed;

/// What pages may load and run: our own files only, nothing inline.
///
/// `data:` images are the small shapes inside the style sheet (check marks, arrows of select boxes).
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; media-src 'self'; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// Under which path the router mounts [`handler`].
pub const PREFIX: &str = "/assets/";

const FOR_EVER: &str = "public, max-age=31536000, immutable";

// A debug build reads the folder when asked, so that a new bundle needs no new compilation.
#[derive(RustEmbed)]
#[folder = "../../web/dist/"]
struct Bundle;

/// Plain name to address, as the bundle's manifest says.
static ADDRESSES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let manifest = Bundle::get("manifest.json")
        .map(|file| file.data)
        .unwrap_or_default();
    let names: HashMap<String, String> = serde_json::from_slice(&manifest).unwrap_or_default();
    names
        .into_iter()
        .map(|(plain, hashed)| (plain, format!("{PREFIX}{hashed}")))
        .collect()
});

/// The address of a file of the bundle by its plain name: `app.css` gives `/assets/app.<hash>.css`.
///
/// A name that the bundle lacks gives an address that answers 404; the tests render every template and look.
#[must_use]
pub fn asset_url(name: &str) -> &'static str {
    ADDRESSES
        .get(name)
        .map_or("/assets/not-in-the-bundle", String::as_str)
}

/// The address of one icon in the sprite, for `<use href>`.
#[must_use]
pub fn icon_url(name: &str) -> String {
    format!("{}#{name}", asset_url("icons.svg"))
}

/// The content and content type of a file by its hashed name (the path below [`PREFIX`]); `None` when there is none.
#[must_use]
pub fn serve(path: &str) -> Option<(Cow<'static, [u8]>, &'static str)> {
    let file = Bundle::get(path)?;
    Some((file.data, content_type(path)))
}

/// Answers `GET /assets/{file}`: the file, to be kept for ever, or 404.
pub async fn handler(uri: Uri) -> Response {
    let Some((data, kind)) = uri.path().strip_prefix(PREFIX).and_then(serve) else {
        return (StatusCode::NOT_FOUND, "no such file in the web bundle").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, FOR_EVER),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, data.into_owned()).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_lead_to_hashed_files_with_their_type() {
        for (name, kind) in [
            ("app.css", "text/css; charset=utf-8"),
            ("app.js", "text/javascript; charset=utf-8"),
            ("early.js", "text/javascript; charset=utf-8"),
            ("icons.svg", "image/svg+xml"),
            ("mark.svg", "image/svg+xml"),
            ("licences.txt", "text/plain; charset=utf-8"),
            ("example.csv", "text/csv; charset=utf-8"),
        ] {
            let address = asset_url(name);
            let file = address.strip_prefix(PREFIX).expect("below the prefix");
            assert_ne!(file, name, "{name} has no hash");
            let (data, served_as) = serve(file).unwrap_or_else(|| panic!("{name} is not in the bundle"));
            assert!(!data.is_empty(), "{name} is empty");
            assert_eq!(served_as, kind);
        }
    }

    #[tokio::test]
    async fn files_may_be_kept_for_ever_and_unknown_names_are_not_found() {
        let found = handler(Uri::from_static(asset_url("app.css"))).await;
        assert_eq!(found.status(), StatusCode::OK);
        assert_eq!(found.headers()[header::CACHE_CONTROL], FOR_EVER);
        for missing in ["/assets/app.0000000000.css", "/assets/../Cargo.toml", "/assets/"] {
            assert_eq!(
                handler(Uri::from_static(missing)).await.status(),
                StatusCode::NOT_FOUND,
                "{missing}"
            );
        }
    }
}
