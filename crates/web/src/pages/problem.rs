//! Pages for what went wrong.

use askama::Template;

use super::shell::Shell;

/// An error page.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// Header and footer.
    pub shell: Shell,
    /// The HTTP status.
    pub status: u16,
    /// A few words.
    pub title: String,
    /// What it means and what to do.
    pub message: String,
    /// Names the request in the logs.
    pub request_id: Option<String>,
}

impl ErrorPage {
    /// 404: the address leads nowhere.
    #[must_use]
    pub fn not_found(shell: Shell) -> Self {
        Self {
            shell,
            status: 404,
            title: "There is nothing here".to_owned(),
            message: "The address is wrong, or what it led to has been deleted.".to_owned(),
            request_id: None,
        }
    }

    /// 500: our fault. The cause stands in the logs under the request's id and nowhere else.
    #[must_use]
    pub fn internal(shell: Shell, request_id: Option<String>) -> Self {
        Self {
            shell,
            status: 500,
            title: "Something went wrong on our side".to_owned(),
            message: "Nothing you did was lost. Calls go on as before; the page may work again in a moment."
                .to_owned(),
            request_id,
        }
    }
}
