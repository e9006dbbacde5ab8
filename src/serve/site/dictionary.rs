//! The data dictionary: every table and column, what it means, and the words it may hold.

use std::fmt::{self, Write as _};

use super::{escaped, prose};
use crate::release::{DataPackage, DataResource, TableField, TableSchema};

/// The contents of the page.
pub(in crate::serve) fn dictionary(package: &DataPackage, host: &str) -> String {
    let mut html = String::new();
    // A text can always be written to.
    let written = write(&mut html, package, host);
    debug_assert!(written.is_ok());
    html
}

fn write(html: &mut String, package: &DataPackage, host: &str) -> fmt::Result {
    let release = package.version;
    writeln!(
        html,
        "<h1>Data dictionary</h1>\n<p>The tables of release \
         <a href=\"{host}/data/{release}\">{release}</a> and what stands in their columns. The same \
         for programs is <a href=\"{host}/data/{release}/datapackage.json\">datapackage.json</a>.\
         </p>\n<p>An unknown value is empty in CSV and <code>null</code> elsewhere: never zero, and \
         never no.</p>\n<nav aria-label=\"Tables\"><ul>"
    )?;
    for (table, _) in package.tables() {
        writeln!(html, "<li><a href=\"#{0}\">{0}</a></li>", escaped(&table.name))?;
    }
    writeln!(html, "</ul></nav>")?;
    for (table, schema) in package.tables() {
        write_table(html, table, schema)?;
    }
    Ok(())
}

fn write_table(html: &mut String, table: &DataResource, schema: &TableSchema) -> fmt::Result {
    let name = escaped(&table.name);
    // Of what describes a file only what a row is matters here.
    let (_, about) = table.description.split_once("Each row: ").unwrap_or(("", &table.description));
    writeln!(
        html,
        "<section aria-labelledby=\"{name}\">\n<h2 id=\"{name}\">{name}</h2>\n<p>{}</p>\n\
         <div class=\"wide\" role=\"region\" aria-label=\"Columns of {name}\" tabindex=\"0\">\
         <table>\n<caption>Columns of <code>{name}</code>; the key is {}\
         </caption>\n<thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Type</th>\
         <th scope=\"col\">May be unknown</th><th scope=\"col\">Meaning</th></tr></thead>\n<tbody>",
        prose(about),
        codes(&schema.primary_key)
    )?;
    for field in &schema.fields {
        write_field(html, table, schema, field)?;
    }
    writeln!(html, "</tbody>\n</table></div>\n</section>")
}

fn write_field(
    html: &mut String,
    table: &DataResource,
    schema: &TableSchema,
    field: &TableField,
) -> fmt::Result {
    let unknown = if field.constraints.required { "no" } else { "yes" };
    write!(
        html,
        "<tr id=\"{table}.{name}\"><th scope=\"row\"><code>{name}</code></th><td>{kind}</td>\
         <td>{unknown}</td><td>{about}",
        table = table.name,
        name = field.name,
        kind = field.kind,
        about = prose(&field.description),
    )?;
    let key = schema.foreign_keys.iter().find(|key| key.fields == [field.name]);
    if let Some(reference) = key.map(|key| &key.reference) {
        let other = reference.resource.unwrap_or(&table.name);
        write!(html, " Refers to <a href=\"#{other}\">{other}</a>.")?;
    }
    if !field.categories.is_empty() {
        write!(html, "<dl>")?;
        for word in &field.categories {
            let meaning = prose(&word.label);
            write!(html, "<dt><code>{}</code></dt><dd>{meaning}</dd>", word.value)?;
        }
        write!(html, "</dl>")?;
    }
    writeln!(html, "</td></tr>")
}

fn codes(names: &[&str]) -> String {
    names.iter().map(|name| format!("<code>{name}</code>")).collect::<Vec<_>>().join(", ")
}
