//! A stock router of the `zenoh` crate with the plugin `remote_api` in it, as `zenohd` has with that
//! plugin. Its arguments are the address for zenoh-ts and endpoints of zenoh to listen on.

use std::env;

use zenoh::{
    Config,
    internal::{plugins::PluginsManager, runtime::RuntimeBuilder},
};
use zenoh_plugin_remote_api::RemoteApiPlugin;

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() -> zenoh::Result<()> {
    let mut arguments = env::args().skip(1);
    let for_plugin = arguments.next().ok_or("the address for zenoh-ts is missing")?;
    let endpoints: Vec<String> = arguments.map(|endpoint| format!("{endpoint:?}")).collect();
    let mut config = Config::default();
    for (key, value) in [
        ("mode", r#""router""#.to_owned()),
        ("listen/endpoints", format!("[{}]", endpoints.join(", "))),
        ("scouting/multicast/enabled", "false".to_owned()),
        ("plugins_loading/enabled", "true".to_owned()),
        ("plugins/remote_api", format!("{{ websocket_port: {for_plugin:?} }}")),
    ] {
        config.insert_json5(key, &value)?;
    }
    let mut plugins = PluginsManager::static_plugins_only();
    plugins.declare_static_plugin::<RemoteApiPlugin, &str>("remote_api", true);
    let mut runtime = RuntimeBuilder::new(config).plugins_manager(plugins).build().await?;
    runtime.start().await?;
    println!("the router runs");
    std::future::pending().await
}
