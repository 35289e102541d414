//! Rows as columns of text.

/// Every column as wide as its widest cell. The first row is the head.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width_of = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width_of(column).unwrap_or(0));
    let mut out = String::new();
    for row in rows {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["id", "name", "why"], ["1", "Zoë", ""], ["23", "Al", "busy"]];
        assert_eq!(
            table(&rows.map(|row| row.map(str::to_owned))),
            "id  name  why\n1   Zoë\n23  Al    busy\n"
        );
    }
}
