use crate::pages::{ErrorPage, Shell};

impl ErrorPage {
    /// Not found, and our fault.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shell = || Shell::samples().swap_remove(1).1;
        vec![
            ("not found", Self::not_found(shell())),
            ("internal", Self::internal(shell(), Some("01JD3Q7Y4R".to_owned()))),
        ]
    }
}
