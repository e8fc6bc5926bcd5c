// A card in JupyterLab's launcher for each template, and the same in the command palette.
//
// This is a whole prebuilt extension, written by hand: JupyterLab calls init() with what it shares, then get()
// for the module. So nothing is built, neither here nor where raikit is installed. The server's half is
// raikit/release/lab.py.
(window._JUPYTERLAB = window._JUPYTERLAB || {})["raikit-desk"] = (() => {
  let shared = {};

  // What JupyterLab itself loaded; of several versions the newest stands last.
  async function module(name) {
    const versions = shared[name];
    const newest = Object.keys(versions).sort((a, b) => a.localeCompare(b, undefined, { numeric: true })).pop();
    return (await versions[newest].get())();
  }

  async function ask(path, body) {
    const { ServerConnection } = await module("@jupyterlab/services");
    const settings = ServerConnection.makeSettings();
    const request = body ? { method: "POST", body: JSON.stringify(body) } : {};
    const response = await ServerConnection.makeRequest(settings.baseUrl + path, request, settings);
    if (!response.ok) {
      throw await ServerConnection.ResponseError.create(response);
    }
    return response.json();
  }

  function addTemplate(app, template, category, launcher, palette) {
    const command = `raikit:new-${template.name}`;
    app.commands.addCommand(command, {
      label: (args) => (args.isPalette ? `New ${template.title} notebook (raikit)` : template.title),
      caption: template.question,
      execute: async (args) => {
        const made = await ask("raikit/new", { template: template.name, folder: args.cwd || "" });
        return app.commands.execute("docmanager:open", { path: made.path, factory: "Notebook" });
      },
    });
    if (launcher) {
      launcher.add({ command, category, rank: template.rank });
    }
    if (palette) {
      palette.addItem({ command, category, args: { isPalette: true } });
    }
  }

  async function extension() {
    const { ILauncher } = await module("@jupyterlab/launcher");
    const { ICommandPalette } = await module("@jupyterlab/apputils");
    return {
      id: "raikit-desk:cards",
      description: "A card for each template of raikit.",
      autoStart: true,
      optional: [ILauncher, ICommandPalette],
      activate: async (app, launcher, palette) => {
        const templates = await ask("raikit/templates");
        templates.forEach((template, rank) => {
          addTemplate(app, { ...template, rank }, "raikit: evidence", launcher, palette);
        });
      },
    };
  }

  return {
    init: (scope) => {
      shared = scope;
    },
    get: async () => {
      const plugin = await extension();
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
