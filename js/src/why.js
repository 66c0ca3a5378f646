// Why a WebSocket did not open. A browser hides that from a page; the file for Node can find it out.

let ask;

// Has `look` say it from now on: a function of the address, whose promise is a text.
export function askBy(look) {
    ask = look;
}

export const asks = () => ask !== undefined;

export const whyNot = (url) => ask(url);
