//! Reading the command line.

use std::{ffi::OsString, io::IsTerminal, process::ExitCode};

use clap::Parser;

use crate::{settings::could_be_secret, terminal};

/// Reads the arguments of this process. When they ask for help, or cannot be read, everything is said, and the exit code is
/// returned.
pub(crate) fn read<C: Parser>() -> Result<C, ExitCode> {
    let error = match C::try_parse() {
        Ok(cli) => return Ok(cli),
        Err(error) => error,
    };
    let text = error.render();
    if !error.use_stderr() {
        let is_shown = std::io::stdout().is_terminal();
        let text = if is_shown {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        return Err(match terminal::say(text.trim_end()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                terminal::tell(format!("autolynx: {error:#}"));
                ExitCode::FAILURE
            }
        });
    }
    let is_shown = std::io::stderr().is_terminal();
    let text = if is_shown {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    let text = without_secrets(text, std::env::args_os().skip(1));
    terminal::tell(text.trim_end());
    Err(ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)))
}

/// A mistyped flag, or an address in the wrong place, is repeated to the one who typed it; one that could hold a password
/// is not.
fn without_secrets(mut text: String, arguments: impl Iterator<Item = OsString>) -> String {
    for argument in arguments {
        let argument = argument.to_string_lossy();
        let value = argument.split_once('=').map(|(_, value)| value);
        for part in [Some(argument.as_ref()), value].into_iter().flatten() {
            // A word of the help text that happens to be an argument stays.
            if could_be_secret(part) && !part.starts_with('-') {
                text = text.replace(part, "…");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_that_could_be_a_secret_is_not_repeated() {
        let told = |text: &str, argument: &str| {
            without_secrets(text.to_owned(), [OsString::from(argument)].into_iter())
        };
        let address = "postgres://u:s3cret@h/db";
        assert_eq!(
            told(&format!("unexpected argument '{address}' found"), address),
            "unexpected argument '…' found"
        );
        assert_eq!(
            told(
                &format!("unexpected argument '--databse={address}' found"),
                &format!("--databse={address}")
            ),
            "unexpected argument '--databse=…' found"
        );
        assert_eq!(
            told("unexpected argument 'sreve' found", "sreve"),
            "unexpected argument 'sreve' found"
        );
    }
}
