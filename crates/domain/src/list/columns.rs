//! What the columns of a list mean.

use serde::{Deserialize, Serialize};

use super::{ListError, ListSettings, settings::MAX_COLUMNS, text};
use crate::phone::{Phone, Region};

/// What a column holds. The names that are understood for each are listed with it; case, spaces and punctuation do not
/// count. A column with the exact name wins over one with a common name, and that over one with a loose name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// Whom to ask for. Exactly `name`; commonly `full name`, `contact name`, `customer name`, `lead name`, `client name`
    /// and `display name`; loosely `contact`, `customer`, `lead`, `client`, `person` and `who`.
    Name,
    /// `first name`, `given name`, `forename`: half of the name where no column holds all of it. Also a variable.
    FirstName,
    /// `last name`, `surname`, `family name`: the other half. Also a variable.
    LastName,
    /// The number to call. Exactly `phone`; commonly `phone number`, `telephone`, `tel`, `mobile`, `cell` and the like;
    /// loosely `number`, `contact number`.
    Phone,
    /// The business they work for. Exactly `business_name`; commonly `business`, `company`, `company name`,
    /// `organisation` and the like; loosely `account`, `employer`, `firm`.
    BusinessName,
    /// The country calling code of the number: `phone code`, `dial code`, `country calling code`, `isd code` and the like.
    /// National numbers of the row are read there, and a number of another country is refused. Also a variable.
    DialCode,
    /// The country where somebody is: `country`, `country code`, `mailing country`, `land`, `país`, `pays` and the like,
    /// with a name, a code or a calling code in it. National numbers are read there unless a calling code is told, and a
    /// number of another country is refused. The country of a business (`company country`, `billing country`) counts only
    /// where no other is told, and refuses nothing. Also a variable.
    Country,
    /// Anything else: a variable of the row, under its header as written.
    Variable,
    /// A column without a header: left out.
    Ignored,
}

/// One column of a list, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The header as written, without spaces at its ends.
    pub header: String,
    /// What it was taken for.
    pub meaning: Meaning,
}

/// How well a header names a meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Exact,
    Common,
    Loose,
}

impl Meaning {
    /// What to call it in a sentence.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Meaning::Name => "the name",
            Meaning::FirstName => "the first name",
            Meaning::LastName => "the last name",
            Meaning::Phone => "the phone number",
            Meaning::BusinessName => "the business name",
            Meaning::DialCode => "the country calling code",
            Meaning::Country => "the country",
            Meaning::Variable | Meaning::Ignored => "a variable",
        }
    }

    /// The header that always names it.
    pub(super) fn header(self) -> &'static str {
        match self {
            Meaning::Name => "name",
            Meaning::FirstName => "first name",
            Meaning::LastName => "last name",
            Meaning::Phone => "phone",
            Meaning::BusinessName => "business_name",
            Meaning::DialCode => "dial_code",
            Meaning::Country => "country",
            Meaning::Variable | Meaning::Ignored => "",
        }
    }
}

/// A header without case, spaces and punctuation.
fn key(header: &str) -> String {
    header
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The meaning that a header names, if any. `PhoneNumber`, `phone_number` and `Phone number:` name the same.
fn named(header: &str) -> Option<(Meaning, Fit)> {
    Some(match key(header).as_str() {
        "name" => (Meaning::Name, Fit::Exact),
        "fullname" | "contactname" | "contactfullname" | "customername" | "leadname" | "clientname"
        | "displayname" | "personname" | "nameofcontact" => (Meaning::Name, Fit::Common),
        "contact" | "customer" | "lead" | "client" | "person" | "who" | "contactperson" => {
            (Meaning::Name, Fit::Loose)
        }
        "firstname" | "givenname" | "forename" | "first" | "contactfirstname" => {
            (Meaning::FirstName, Fit::Common)
        }
        "lastname" | "surname" | "familyname" | "last" | "contactlastname" => {
            (Meaning::LastName, Fit::Common)
        }
        "phone" => (Meaning::Phone, Fit::Exact),
        "phonenumber" | "phoneno" | "phonenr" | "phonenum" | "phonee164" | "e164" | "telephone"
        | "telephonenumber" | "telephoneno" | "tel" | "telno" | "telnr" | "telnumber" | "mobile"
        | "mobilephone" | "mobilenumber" | "mobileno" | "mobilephonenumber" | "mob" | "cell"
        | "cellphone" | "cellnumber" | "cellno" | "cellphonenumber" | "workphone" | "businessphone"
        | "companyphone" | "officephone" | "homephone" | "primaryphone" | "mainphone" | "directphone"
        | "contactphone" | "customerphone" | "daytimephone" | "telefon" => (Meaning::Phone, Fit::Common),
        "number" | "contactnumber" => (Meaning::Phone, Fit::Loose),
        "businessname" => (Meaning::BusinessName, Fit::Exact),
        "business" | "company" | "companyname" | "organisation" | "organization" | "organisationname"
        | "organizationname" | "accountname" | "nameofbusiness" | "nameofcompany" => {
            (Meaning::BusinessName, Fit::Common)
        }
        "account" | "employer" | "firm" | "org" => (Meaning::BusinessName, Fit::Loose),
        "phonecode"
        | "phonecountry"
        | "phonecountrycode"
        | "countryphonecode"
        | "dialcode"
        | "dialingcode"
        | "diallingcode"
        | "countrydialcode"
        | "countrydialingcode"
        | "countrydiallingcode"
        | "callingcode"
        | "countrycallingcode"
        | "isd"
        | "isdcode"
        | "intlcode"
        | "internationalcode"
        | "phoneprefix"
        | "countryprefix"
        | "phonecountryprefix"
        | "mobilecountrycode"
        | "numbercountry"
        | "landesvorwahl"
        | "ländervorwahl"
        | "landervorwahl"
        | "prefijopais"
        | "prefijodelpais"
        | "codigopais"
        | "códigopaís"
        | "indicatifpays"
        | "codigodopais"
        | "códigodopaís" => (Meaning::DialCode, Fit::Common),
        "country" | "countryname" | "countrycode" | "countryregion" | "countryorregion"
        | "countryterritory" | "countryiso" | "countryisocode" | "countrycodeiso" | "isocountry"
        | "isocountrycode" | "iso2" | "iso3" | "countryiso2" | "countryiso3" | "countryalpha2" | "nation"
        | "mailingcountry" | "mailingcountrycode" | "homecountry" | "homecountrycode" | "addresscountry"
        | "contactcountry" | "contactcountrycode" | "customercountry" | "leadcountry" | "personcountry"
        | "usercountry" | "residencecountry" | "countryofresidence" | "primarycountry" | "othercountry"
        | "ipcountry" | "country1" | "land" | "staat" | "ländercode" | "landercode" | "país" | "pais"
        | "pays" | "paese" | "kraj" | "maa" | "ország" | "ülke" => (Meaning::Country, Fit::Common),
        "companycountry"
        | "companycountrycode"
        | "accountcountry"
        | "organizationcountry"
        | "organisationcountry"
        | "businesscountry"
        | "officecountry"
        | "billingcountry"
        | "billingcountrycode"
        | "shippingcountry"
        | "shippingcountrycode" => (Meaning::Country, Fit::Loose),
        _ => return None,
    })
}

/// Which of the headers names the phone number, as a list finds it: an exact name before a common one, and that before a
/// loose one. `Err` with all that fit equally well, if there are several.
pub(crate) fn phone_column(headers: &[&str]) -> Result<Option<usize>, Vec<String>> {
    let fits = |wanted: Fit| -> Vec<usize> {
        (0..headers.len())
            .filter(|&column| named(headers[column]) == Some((Meaning::Phone, wanted)))
            .collect()
    };
    for fit in [Fit::Exact, Fit::Common, Fit::Loose] {
        match fits(fit).as_slice() {
            [] => {}
            [one] => return Ok(Some(*one)),
            several => {
                return Err(several
                    .iter()
                    .map(|&column| text::excerpt(headers[column]))
                    .collect());
            }
        }
    }
    Ok(None)
}

/// How many of name and phone the headers name.
pub(super) fn required_found(headers: &[&str]) -> usize {
    let has = |wanted: &[Meaning]| {
        headers
            .iter()
            .any(|header| named(header).is_some_and(|(meaning, _)| wanted.contains(&meaning)))
    };
    usize::from(has(&[Meaning::Phone]))
        + usize::from(has(&[Meaning::Name, Meaning::FirstName, Meaning::LastName]))
}

/// The columns of a list and where the values of a row stand.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    pub(super) phone: usize,
    /// One column, or first and last name.
    pub(super) name: Vec<usize>,
    pub(super) business_name: Option<usize>,
    /// Where the country of the number may stand, the surest first.
    pub(super) countries: Vec<CountryColumn>,
}

/// A column that states a country.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountryColumn {
    pub(super) column: usize,
    pub(super) of: CountryOf,
}

/// Whose country a column states, the surest for a number first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CountryOf {
    Number,
    Person,
    Business,
}

impl Columns {
    /// Understands a header, or says why not.
    pub(super) fn understand(headers: &[&str], settings: &ListSettings) -> Result<Columns, ListError> {
        let headers: Vec<String> = headers.iter().map(|header| text::line(header)).collect();
        // Spreadsheets add empty columns at the end.
        let used = headers
            .iter()
            .rposition(|header| !header.is_empty())
            .map_or(0, |last| last + 1);
        let headers = &headers[..used];
        if used > MAX_COLUMNS {
            return Err(ListError::TooManyColumns { limit: MAX_COLUMNS });
        }
        let choices = Choices::new(headers, settings)?;
        let phone = choices.the(Meaning::Phone)?;
        let whole_name = choices.the(Meaning::Name)?;
        let first_name = choices.the(Meaning::FirstName)?;
        let last_name = choices.the(Meaning::LastName)?;
        let business_name = choices.the(Meaning::BusinessName)?;

        let halves: Vec<usize> = first_name
            .iter()
            .chain(&last_name)
            .map(|(column, _)| *column)
            .collect();
        let whole_name = whole_name
            .filter(|(_, fit)| *fit < Fit::Loose || halves.is_empty())
            .map(|(column, _)| column);
        let name = whole_name.map_or(halves, |column| vec![column]);
        let (Some((phone, _)), false) = (phone, name.is_empty()) else {
            return Err(missing(
                headers,
                phone.is_none(),
                name.is_empty(),
                settings.default_region,
            ));
        };
        refuse_duplicates(headers)?;

        let business_name = business_name.map(|(column, _)| column);
        let countries = choices.countries();
        let country_of = |column: usize| {
            let found = countries.iter().find(|country| country.column == column);
            found.map(|country| country.of)
        };
        let meaning = |column: usize| match Some(column) {
            this if this == Some(phone) => Meaning::Phone,
            this if this == whole_name => Meaning::Name,
            this if this == business_name => Meaning::BusinessName,
            _ if headers[column].is_empty() || choices.ignored(column) => Meaning::Ignored,
            this if this.and_then(country_of) == Some(CountryOf::Number) => Meaning::DialCode,
            this if this.and_then(country_of).is_some() => Meaning::Country,
            _ if whole_name.is_some() || !name.contains(&column) => Meaning::Variable,
            this if this == first_name.map(|(column, _)| column) => Meaning::FirstName,
            _ => Meaning::LastName,
        };
        let all = headers
            .iter()
            .enumerate()
            .map(|(column, header)| Column {
                header: header.clone(),
                meaning: meaning(column),
            })
            .collect();
        Ok(Columns {
            all,
            phone,
            name,
            business_name,
            countries,
        })
    }
}

/// What each column could be, and what the user said.
struct Choices<'a> {
    headers: &'a [String],
    chosen: Vec<Option<Meaning>>,
}

impl<'a> Choices<'a> {
    fn new(headers: &'a [String], settings: &ListSettings) -> Result<Choices<'a>, ListError> {
        let mut chosen = vec![None; headers.len()];
        for (wanted, meaning) in &settings.columns {
            let same = |header: &String| header.to_lowercase() == text::line(wanted).to_lowercase();
            let column = headers
                .iter()
                .position(same)
                .ok_or_else(|| ListError::UnknownColumn {
                    header: wanted.clone(),
                    found: headers.to_vec(),
                })?;
            chosen[column] = Some(*meaning);
        }
        Ok(Choices { headers, chosen })
    }

    fn ignored(&self, column: usize) -> bool {
        self.chosen[column] == Some(Meaning::Ignored)
    }

    /// Every column that states a country.
    fn countries(&self) -> Vec<CountryColumn> {
        let of = |column: usize| match self.chosen[column].map_or_else(
            || named(&self.headers[column]),
            |meaning| Some((meaning, Fit::Exact)),
        )? {
            (Meaning::DialCode, _) => Some(CountryOf::Number),
            (Meaning::Country, Fit::Loose) => Some(CountryOf::Business),
            (Meaning::Country, _) => Some(CountryOf::Person),
            _ => None,
        };
        let mut found: Vec<CountryColumn> = (0..self.headers.len())
            .filter_map(|column| of(column).map(|of| CountryColumn { column, of }))
            .collect();
        found.sort_by_key(|country| country.of);
        found
    }

    /// The one column with this meaning.
    fn the(&self, meaning: Meaning) -> Result<Option<(usize, Fit)>, ListError> {
        let chosen: Vec<usize> = (0..self.headers.len())
            .filter(|&c| self.chosen[c] == Some(meaning))
            .collect();
        let candidates: Vec<(usize, Fit)> = if chosen.is_empty() {
            let free = (0..self.headers.len()).filter(|&c| self.chosen[c].is_none());
            free.filter_map(|c| {
                named(&self.headers[c])
                    .filter(|(m, _)| *m == meaning)
                    .map(|(_, fit)| (c, fit))
            })
            .collect()
        } else {
            chosen.into_iter().map(|column| (column, Fit::Exact)).collect()
        };
        let Some(best) = candidates.iter().map(|(_, fit)| *fit).min() else {
            return Ok(None);
        };
        let best: Vec<(usize, Fit)> = candidates.into_iter().filter(|(_, fit)| *fit == best).collect();
        match best.as_slice() {
            [one] => Ok(Some(*one)),
            several => {
                let headers: Vec<String> = several
                    .iter()
                    .map(|(column, _)| self.headers[*column].clone())
                    .collect();
                let first = headers[0].to_lowercase();
                Err(if headers.iter().all(|header| header.to_lowercase() == first) {
                    ListError::DuplicateColumn {
                        header: headers[0].clone(),
                    }
                } else {
                    ListError::AmbiguousColumn { meaning, headers }
                })
            }
        }
    }
}

/// Why there is no phone or name column: the line may not be a header at all.
fn missing(headers: &[String], phone: bool, name: bool, region: Option<Region>) -> ListError {
    let looks_like_phone = |header: &String| {
        let digits = header.chars().filter(char::is_ascii_digit).count();
        (digits >= 7 && digits * 2 >= header.chars().count()) || Phone::parse(header, region).is_ok()
    };
    if phone && headers.iter().any(looks_like_phone) {
        return ListError::NoHeader {
            first_line: headers.iter().map(|header| text::excerpt(header)).collect(),
        };
    }
    let missing = [(name, Meaning::Name), (phone, Meaning::Phone)];
    ListError::MissingColumns {
        missing: missing
            .iter()
            .filter(|(is_missing, _)| *is_missing)
            .map(|(_, meaning)| *meaning)
            .collect(),
        found: headers.iter().map(|header| text::excerpt(header)).collect(),
    }
}

/// Two variables of the same name would be one.
fn refuse_duplicates(headers: &[String]) -> Result<(), ListError> {
    let mut seen = std::collections::HashSet::new();
    match headers
        .iter()
        .find(|header| !header.is_empty() && !seen.insert(header.to_lowercase()))
    {
        Some(header) => Err(ListError::DuplicateColumn {
            header: header.clone(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understand(headers: &[&str]) -> Result<Vec<(String, Meaning)>, ListError> {
        choose(headers, &[])
    }

    fn choose(headers: &[&str], chosen: &[(&str, Meaning)]) -> Result<Vec<(String, Meaning)>, ListError> {
        let columns = chosen
            .iter()
            .map(|(header, meaning)| ((*header).to_owned(), *meaning))
            .collect();
        let settings = ListSettings {
            columns,
            ..ListSettings::default()
        };
        Columns::understand(headers, &settings).map(|columns| {
            columns
                .all
                .into_iter()
                .map(|column| (column.header, column.meaning))
                .collect()
        })
    }

    fn meanings(headers: &[&str]) -> Vec<Meaning> {
        understand(headers)
            .unwrap()
            .into_iter()
            .map(|(_, meaning)| meaning)
            .collect()
    }

    #[test]
    fn headers_are_understood_in_any_case_order_and_spelling() {
        use Meaning::{BusinessName, Name, Phone, Variable};
        assert_eq!(
            meanings(&["name", "business_name", "phone"]),
            [Name, BusinessName, Phone]
        );
        assert_eq!(meanings(&[" PHONE ", "City", "Name"]), [Phone, Variable, Name]);
        for phone in [
            "Phone Number",
            "phone_number",
            "PhoneNumber",
            "Mobile",
            "Tel.",
            "telephone",
            "Cell",
            "Number",
        ] {
            assert_eq!(
                meanings(&["Contact", phone, "Company"]),
                [Name, Phone, BusinessName],
                "{phone}"
            );
        }
        for business in [
            "business",
            "Company",
            "Company Name",
            "Organisation",
            "organization",
            "Account",
        ] {
            assert_eq!(
                meanings(&["Full name", "phone", business]),
                [Name, Phone, BusinessName],
                "{business}"
            );
        }
    }

    #[test]
    fn first_and_last_name_make_a_name_where_no_column_holds_it() {
        use Meaning::{FirstName, LastName, Name, Phone, Variable};
        assert_eq!(
            meanings(&["Last Name", "First Name", "phone"]),
            [LastName, FirstName, Phone]
        );
        assert_eq!(meanings(&["First Name", "phone"]), [FirstName, Phone]);
        assert_eq!(
            meanings(&["First Name", "Name", "phone"]),
            [Variable, Name, Phone]
        );
        assert_eq!(
            meanings(&["First Name", "Contact", "phone"]),
            [FirstName, Variable, Phone]
        );
    }

    #[test]
    fn an_exact_name_wins_and_a_choice_wins_over_that() {
        use Meaning::{Ignored, Name, Phone, Variable};
        assert_eq!(meanings(&["name", "phone", "Mobile"]), [Name, Phone, Variable]);
        let chosen = choose(
            &["name", "phone", "Mobile", "Notes"],
            &[("mobile", Phone), ("NOTES ", Ignored)],
        )
        .unwrap();
        assert_eq!(chosen[1].1, Variable);
        assert_eq!(chosen[2], ("Mobile".into(), Phone));
        assert_eq!(chosen[3].1, Ignored);
        let unknown = choose(&["name", "phone"], &[("Fax", Phone)]);
        assert!(matches!(unknown, Err(ListError::UnknownColumn { header, .. }) if header == "Fax"));
    }

    #[test]
    fn ambiguous_and_duplicated_headers_are_errors_that_say_what_to_do() {
        let error = understand(&["name", "Mobile", "Telephone"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "The columns “Mobile”, “Telephone” could all hold the phone number. Name the right one “phone”."
        );
        assert!(understand(&["name", "Mobile", "Telephone", "phone"]).is_ok());
        for headers in [["name", "phone", "Phone"], ["name", "phone", "Name"]] {
            assert!(
                matches!(understand(&headers), Err(ListError::DuplicateColumn { .. })),
                "{headers:?}"
            );
        }
        let error = understand(&["name", "phone", "City", "city"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Two columns are named “city”. Rename or remove one of them."
        );
    }

    #[test]
    fn missing_columns_name_what_was_found() {
        let error = understand(&["Who?", "Street"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "There is no column for the phone number. The columns are “Who?”, “Street”. Name the right ones “phone”."
        );
        assert!(
            matches!(understand(&["phone"]), Err(ListError::MissingColumns { missing, .. }) if missing == [Meaning::Name])
        );
    }

    #[test]
    fn a_first_line_of_data_is_no_header() {
        for phone in ["+44 20 7946 0958", "020 7946 0958", "4.42079460958E+11"] {
            let result = understand(&["Ada", phone]);
            assert!(
                matches!(result, Err(ListError::NoHeader { .. })),
                "{phone}: {result:?}"
            );
        }
        // Digits in a header do not make it data.
        assert!(understand(&["name", "phone", "Target 2024-2025"]).is_ok());
        assert!(matches!(
            understand(&["name", "Address 12"]),
            Err(ListError::MissingColumns { .. })
        ));
    }

    #[test]
    fn nameless_columns_are_left_out() {
        use Meaning::{Ignored, Name, Phone};
        assert_eq!(meanings(&["name", "", "phone", "", " "]), [Name, Ignored, Phone]);
    }
}
