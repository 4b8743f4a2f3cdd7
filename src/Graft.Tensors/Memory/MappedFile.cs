using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Graft.Tensors.Memory;

/// <summary>A file whose bytes are memory: windows of it are mapped for as long as somebody looks at them.</summary>
/// <remarks>Only what a window shows counts as memory of the program. Bytes that are no longer in the file, or that the disk fails to give, cannot be an error of
/// the program but end it: who opens a window sees to the file's length before.</remarks>
internal sealed class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;

    /// <param name="handle">An open file that is not empty; stays the caller's.</param>
    /// <exception cref="IOException">The file system does not map files.</exception>
    public MappedFile(SafeFileHandle handle) =>
        _file = MemoryMappedFile.CreateFromFile(handle, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);

    /// <summary>Maps bytes.</summary>
    /// <param name="at">0-based offset of the first.</param>
    /// <param name="count">How many; at least 1, within the file.</param>
    /// <exception cref="IOException">They cannot be mapped.</exception>
    public Window Open(long at, int count) => new(_file.CreateViewAccessor(at, count, MemoryMappedFileAccess.Read), count);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Bytes that are mapped until it is disposed of.</summary>
    internal sealed unsafe class Window : IDisposable
    {
        private readonly MemoryMappedViewAccessor _view;
        private readonly byte* _first;
        private readonly int _count;

        public Window(MemoryMappedViewAccessor view, int count)
        {
            _view = view;
            _count = count;
            byte* page = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref page);
            _first = page + view.PointerOffset;     // mappings begin with a page
        }

        /// <summary>The bytes; not to be kept.</summary>
        public ReadOnlySpan<byte> Bytes => new(_first, _count);

        /// <inheritdoc/>
        public void Dispose()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }
    }
}
