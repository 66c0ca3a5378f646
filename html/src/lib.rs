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
mod marks;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The code of a macro, without spaces, and its marks as letters.
    fn made(source: &str) -> String {
        let code = match syn::parse_str::<parse::Root>(source) {
            Ok(root) => emit::root(&root).to_string(),
            Err(error) => format!("error: {error}"),
        };
        let code = code.replace(' ', "").replace("crate::ui::kit::html::", "");
        code.split("\\u{").collect::<Vec<_>>().join("{")
    }

    #[test]
    fn what_stays_the_same_is_one_text() {
        let made = made(r#"<p class="quiet" hidden=true><strong>{ "a" }</strong>{ 7 }</p>"#);
        assert_eq!(made, r#"fixed("{1}p{2}hidden=hidden{2}class=quiet{6}{1}strong{6}{8}a{7}{8}7{7}")"#);
    }

    #[test]
    fn holes_are_filled_in_the_order_of_the_template() {
        let made = made(r#"<input class={c} onclick={click} {disabled} value={v} id={i} key={k} ref={r} />"#);
        let order = [
            "holes.value(v)",
            "holes.reference(r)",
            "holes.key(k)",
            "holes.value(i)",
            "holes.flag(disabled)",
            "holes.class(c)",
            "listen::onclick(&mutholes,click)",
            "holes.build(\"{1}input{4}vrk{3}id{3}disabled{3}class{5}{7}\")",
        ];
        let places: Vec<Option<usize>> = order.iter().map(|one| made.find(one)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{made}: {places:?}");
    }

    #[test]
    fn a_value_outside_of_fields_is_an_attribute() {
        assert!(made("<option value={v} />").ends_with("holes.build(\"{1}option{3}value{7}\")}"));
    }

    #[test]
    fn nodes_lists_and_branches_nest() {
        let made = made("<><key={k}>{ a }</>if let Some(b) = c { <b>{ b }</b> } else if d { <i /> }{ for e }</>");
        assert!(
            made.contains("ifletSome(b)=c{holes.branch(true);holes.nodes(b);}else{holes.branch(false);ifd{"),
            "{made}"
        );
        assert!(made.contains("holes.key(k);holes.nodes(a);") && made.contains("holes.each(e);"), "{made}");
        assert!(made.contains("{e}{e}{4}k{f}{7}{10}{1}b{6}{f}{7}{7}{10}{1}i{7}{7}{7}{7}{f}{7}"), "{made}");
    }

    #[test]
    fn components_are_left_to_yew_with_their_children() {
        assert_eq!(made("<Field id={a} />"), "::yew::html!{<Fieldid={a}/>}");
        let made = made("<p><A b={c}><i>{ d }</i></A><B ..e /></p>");
        assert!(
            made.contains("::yew::html!{<Ab={c}><i>{d}</i></A>}") && made.contains("::yew::html!{<B..e/>}"),
            "{made}"
        );
    }

    #[test]
    fn what_is_wrong_is_an_error_at_its_place() {
        for (source, error) in [
            ("<p>", "`<p>` has no end"),
            ("<p></b>", "`</b>` ends `<p>`"),
            ("<p /><p />", "one node only"),
            ("<p {a.b} />", "takes a name only"),
            ("<p>text</p>", "expected `<`, `{` or `if`"),
        ] {
            assert!(made(source).contains(&error.replace(' ', "")), "{source}: {}", made(source));
        }
        assert!(made("<p>{ \"\\u{7}\" }</p>").contains("hasacontrolcharacterinit"));
    }
}
