using Graft.Benchmarks;
using Graft.Benchmarks.Balancers;
using Graft.Benchmarks.Bandwidth;
using Graft.Benchmarks.Kernels;
using Graft.Benchmarks.Loading;
using Graft.Benchmarks.Peers;

Command[] commands =
[
    new("balancers of", BalancerCommand.InnerSyntax, BalancerCommand.RunOne, IsInner: true),
    new("peers memory of", MemoryCommand.InnerSyntax, MemoryCommand.RunOne, IsInner: true),
    new("kernels of", KernelsCommand.InnerSyntax, KernelsCommand.RunOne, IsInner: true),
    new("weights of", WeightsCommand.InnerSyntax, WeightsCommand.RunOne, IsInner: true),
    new("crowd", CrowdedCommand.InnerSyntax, CrowdedCommand.Compete, IsInner: true),
    new("bandwidth", BandwidthCommand.Syntax, BandwidthCommand.Run),
    new("balancers", BalancerCommand.Syntax, BalancerCommand.Run),
    new("crowded", CrowdedCommand.Syntax, CrowdedCommand.Run),
    new("kernels", KernelsCommand.Syntax, KernelsCommand.Run),
    new("loading", LoadingCommand.Syntax, LoadingCommand.Run),
    new("peers memory", MemoryCommand.Syntax, MemoryCommand.Run),
    new("peers", PeersCommand.Syntax, PeersCommand.Run),
    new("sketch", SketchStudy.Syntax, SketchStudy.Run),
    new("start", StartCommand.Syntax, StartCommand.Run),
    new("weights", WeightsCommand.Syntax, WeightsCommand.Run),
    new("", TableCommand.Syntax, TableCommand.Run),
];

Command command = commands.First(c => c.Leads(args));
try
{
    if (command.Name.Length == 0 && args is [var word, ..] && !word.StartsWith('-'))
    {
        throw new ArgumentException($"expected {string.Join(", ", commands.Where(c => !c.IsInner && c.Name.Length > 0).Select(c => c.Name))}, or options, got '{word}'.");
    }

    return command.Run(Options.Parse(command.Syntax, args.AsSpan(command.Length)));
}
catch (ArgumentException e) when (e is not Graft.Tensors.ShapeException)
{
    Console.Error.WriteLine($"{command.Name}{(command.Name.Length > 0 ? ": " : "")}{e.Message}");
    Console.Error.WriteLine("usage:");
    foreach (Command each in commands.Where(c => !c.IsInner))
    {
        Console.Error.WriteLine($"  Graft.Benchmarks {each.Name}{(each.Name.Length > 0 ? " " : "")}{each.Syntax}");
    }

    return 2;
}
