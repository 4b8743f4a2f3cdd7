using System.Reflection;
using System.Runtime.CompilerServices;
using Graft.Experiments.Catalogue;
using Graft.Tensors;

namespace Graft.Experiments.Tests.House;

/// <summary>How the types of all assemblies are made.</summary>
public sealed class TypeTests
{
    private static readonly Assembly[] Assemblies = [typeof(Tensor).Assembly, typeof(NamedAttribute).Assembly, typeof(PartCatalogue).Assembly, typeof(Graft.Cli.Terminal).Assembly];

    // Memory (with the working memory of a thread), worker team and tape are the only ones that remember something on their own.
    private static readonly string[] Remembering = ["Pool", "GuardPages", "Team", "Tape", "Workspace"];

    // Made from the schema of ONNX files, as its generator wants them.
    private const string Generated = "Graft.Models.Formats.Onnx";

    private static IEnumerable<Type> Types => Assemblies.SelectMany(a => a.GetTypes()).Where(t => t.Namespace != Generated && !t.IsDefined(typeof(CompilerGeneratedAttribute)) && !t.FullName!.Contains('<', StringComparison.Ordinal));

    [Fact]
    public void A_class_is_sealed_unless_another_derives_from_it()
    {
        HashSet<Type> bases = [.. Assemblies.SelectMany(a => a.GetTypes()).Select(t => t.BaseType).OfType<Type>().Select(t => t.IsGenericType ? t.GetGenericTypeDefinition() : t)];

        Assert.Empty(Types.Where(t => t.IsClass && !t.IsAbstract && !t.IsSealed && !bases.Contains(t)).Select(t => t.FullName));
    }

    [Fact]
    public void A_class_that_others_derive_from_is_abstract()
    {
        HashSet<Type> bases = [.. Types.Select(t => t.BaseType).OfType<Type>().Select(t => t.IsGenericType ? t.GetGenericTypeDefinition() : t)];

        Assert.Empty(bases.Where(t => Assemblies.Contains(t.Assembly) && !t.IsAbstract).Select(t => t.FullName));
    }

    [Fact]
    public void No_public_type_has_a_public_field() =>
        Assert.Empty(
            from type in Types
            where type.IsPublic && !type.IsEnum
            from field in type.GetFields(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where !field.IsLiteral
            select $"{type.FullName}.{field.Name}");

    [Fact]
    public void Nothing_static_changes_but_memory_team_and_tape() =>
        Assert.Empty(
            from type in Types
            where !Remembering.Contains(type.Name) && !Remembering.Contains(type.DeclaringType?.Name)
            from field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where !field.IsLiteral && !field.IsInitOnly && !field.IsDefined(typeof(CompilerGeneratedAttribute))
            select $"{type.FullName}.{field.Name}");
}
