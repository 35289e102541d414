//! Lists to call. The numbers are those that the North American numbering plan keeps free for fiction.

/// A hundred fictional numbers in each.
const AREA_CODES: [u32; 10] = [201, 202, 203, 205, 206, 207, 208, 209, 210, 212];

/// The national form of one of a thousand fictional numbers.
pub(crate) fn number(index: usize) -> String {
    format!("({}) 555-01{:02}", AREA_CODES[index / 100], index % 100)
}

/// A list of so many people, all different.
pub(crate) fn people(count: usize, first: usize) -> String {
    let rows: Vec<String> = (first..first + count)
        .map(|index| format!("Person {index},Company {},+1 {}", index % 17, number(index)))
        .collect();
    format!("name,business_name,phone\n{}\n", rows.join("\n"))
}
