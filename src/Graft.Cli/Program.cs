using Graft.Cli;

// Scripts ask for the version alone, and often: that needs neither the parser nor the catalogue.
return args is ["--version"] ? ToolVersion.Tell() : CommandLine.RunProcess(args);
