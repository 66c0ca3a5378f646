//! The macro `html!` of the page, with the syntax of Yew's own.
//!
//! Yew's macro makes code of everything: some hundred bytes for each element, and thirty for each
//! attribute beside one that changes. This one makes a text of what stays the same, the *template*,
//! and leaves code only for what changes, the *holes*, in the order of the template.
//! `src/ui/kit/html.rs` in the lab reads templates and fills the holes. Decision 44 has the figures.
//!
//! Not taken over, because the page needs none of it: names of elements that change (`<@{name}>`),
//! properties (`~name`), and `for` without braces. Yew's macro makes components.

mod emit;
mod parse;

/// Makes a `yew::Html`, as `yew::html!` does.
#[proc_macro]
pub fn html(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    match syn::parse::<parse::Root>(input) {
        Ok(root) => emit::root(&root),
        Err(error) => error.into_compile_error(),
    }
    .into()
}
