namespace Graft.Tensors.Kernels;

/// <summary>A number that the JIT knows: a method with such a type parameter is compiled once for each value, its branches decided.</summary>
internal interface IConst
{
    static abstract int Value { get; }
}

internal readonly struct No : IConst
{
    public static int Value => 0;
}

internal readonly struct Yes : IConst
{
    public static int Value => 1;
}

internal readonly struct C1 : IConst
{
    public static int Value => 1;
}

internal readonly struct C2 : IConst
{
    public static int Value => 2;
}

internal readonly struct C3 : IConst
{
    public static int Value => 3;
}

internal readonly struct C4 : IConst
{
    public static int Value => 4;
}

internal readonly struct C5 : IConst
{
    public static int Value => 5;
}

internal readonly struct C6 : IConst
{
    public static int Value => 6;
}

internal readonly struct C7 : IConst
{
    public static int Value => 7;
}

internal readonly struct C8 : IConst
{
    public static int Value => 8;
}

internal readonly struct C9 : IConst
{
    public static int Value => 9;
}

internal readonly struct C10 : IConst
{
    public static int Value => 10;
}

internal readonly struct C11 : IConst
{
    public static int Value => 11;
}

internal readonly struct C12 : IConst
{
    public static int Value => 12;
}

internal readonly struct C13 : IConst
{
    public static int Value => 13;
}

internal readonly struct C14 : IConst
{
    public static int Value => 14;
}
