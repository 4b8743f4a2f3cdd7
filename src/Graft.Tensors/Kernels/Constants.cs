using System.Runtime.InteropServices;

namespace Graft.Tensors.Kernels;

/// <summary>A number that the JIT knows: a method with such a type parameter is compiled once for each value, its branches decided.</summary>
/// <remarks>
/// <see cref="Value"/> is the plain way to read it. Where a method would be compiled for many values, <c>sizeof</c> of the type says the same
/// and is known before the body is even looked at: branches not taken cost no compile time.
/// </remarks>
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

[StructLayout(LayoutKind.Sequential, Size = 1)]
internal readonly struct C1 : IConst
{
    public static int Value => 1;
}

[StructLayout(LayoutKind.Sequential, Size = 2)]
internal readonly struct C2 : IConst
{
    public static int Value => 2;
}

[StructLayout(LayoutKind.Sequential, Size = 3)]
internal readonly struct C3 : IConst
{
    public static int Value => 3;
}

[StructLayout(LayoutKind.Sequential, Size = 4)]
internal readonly struct C4 : IConst
{
    public static int Value => 4;
}

[StructLayout(LayoutKind.Sequential, Size = 5)]
internal readonly struct C5 : IConst
{
    public static int Value => 5;
}

[StructLayout(LayoutKind.Sequential, Size = 6)]
internal readonly struct C6 : IConst
{
    public static int Value => 6;
}

[StructLayout(LayoutKind.Sequential, Size = 7)]
internal readonly struct C7 : IConst
{
    public static int Value => 7;
}

[StructLayout(LayoutKind.Sequential, Size = 8)]
internal readonly struct C8 : IConst
{
    public static int Value => 8;
}

[StructLayout(LayoutKind.Sequential, Size = 9)]
internal readonly struct C9 : IConst
{
    public static int Value => 9;
}

[StructLayout(LayoutKind.Sequential, Size = 10)]
internal readonly struct C10 : IConst
{
    public static int Value => 10;
}

[StructLayout(LayoutKind.Sequential, Size = 11)]
internal readonly struct C11 : IConst
{
    public static int Value => 11;
}

[StructLayout(LayoutKind.Sequential, Size = 12)]
internal readonly struct C12 : IConst
{
    public static int Value => 12;
}

[StructLayout(LayoutKind.Sequential, Size = 13)]
internal readonly struct C13 : IConst
{
    public static int Value => 13;
}

[StructLayout(LayoutKind.Sequential, Size = 14)]
internal readonly struct C14 : IConst
{
    public static int Value => 14;
}
