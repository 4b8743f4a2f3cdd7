using System.Diagnostics;
using Graft.Training.Checkpoints;

namespace Graft.Tests.Training.Checkpoints;

public sealed class CheckpointSlotTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-").FullName;

    private string At(string name) => Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static State Of(long step, int numbers = 4)
    {
        var state = new State();
        state.Set("step", step);
        state.Set("w", new float[numbers]);
        return state;
    }

    [Fact]
    public void The_newest_is_read_and_the_one_before_is_kept()
    {
        var slot = new CheckpointSlot(At("c.bin"));
        Assert.False(slot.Exists);

        for (int step = 1; step <= 3; step++)
        {
            slot.Save(Of(step));
        }

        Assert.True(slot.Exists);
        Assert.Equal(3, slot.Load(out string? notice).Get<long>("step"));
        Assert.Null(notice);
        Assert.Equal([At("c.bin"), At("c.bin.previous")], Directory.GetFiles(_folder).Order());
        Assert.Equal(2, new CheckpointSlot(slot.PreviousPath).Load(out _).Get<long>("step"));
    }

    [Fact]
    public void A_damaged_newest_falls_back_to_the_one_before_and_says_so()
    {
        var slot = new CheckpointSlot(At("c.bin"));
        slot.Save(Of(1));
        slot.Save(Of(2));
        byte[] bytes = File.ReadAllBytes(slot.Path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(slot.Path, bytes);

        Assert.Equal(1, slot.Load(out string? notice).Get<long>("step"));
        Assert.Equal($"{slot.Path}: expected a checkpoint, got a damaged file: its checksum is wrong. The checkpoint before it is used: {slot.PreviousPath}.", notice);

        File.WriteAllBytes(slot.PreviousPath, [1, 2, 3]);
        Assert.Equal([slot.Path, slot.PreviousPath], Assert.Throws<GraftInputException>(() => slot.Load(out _)).Findings.Select(f => f.File));
    }

    [Fact]
    public void Nothing_there_is_an_error_that_names_the_file() =>
        Assert.StartsWith(
            At("none.bin") + ": expected a checkpoint, got a file that cannot be read:",
            Assert.Throws<GraftInputException>(() => new CheckpointSlot(At("none.bin")).Load(out _)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_write_that_fails_in_the_middle_keeps_both()
    {
        var slot = new CheckpointSlot(At("c.bin"));
        slot.Save(Of(1));
        slot.Save(Of(2));

        var full = new CheckpointSlot(slot.Path, stream => new FullStream(stream, 100_000));
        var e = Assert.Throws<IOException>(() => full.Save(Of(3, numbers: 100_000)));

        Assert.Equal($"{slot.Path}: cannot be written, what was there before is kept. No space left on device.", e.Message);
        Assert.Equal(2, slot.Load(out _).Get<long>("step"));
        Assert.Equal(1, new CheckpointSlot(slot.PreviousPath).Load(out _).Get<long>("step"));
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void A_full_disk_is_a_clear_error_and_loses_nothing()
    {
        string disk = Directory.CreateDirectory(At("disk")).FullName;
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=256k", "none", disk), "A small file system cannot be mounted here.");
        try
        {
            var slot = new CheckpointSlot(Path.Combine(disk, "c.bin"));
            slot.Save(Of(1, numbers: 20_000));

            var e = Assert.Throws<IOException>(() => slot.Save(Of(2, numbers: 60_000)));

            Assert.StartsWith($"{slot.Path}: cannot be written, what was there before is kept. No space left on device", e.Message, StringComparison.Ordinal);
            Assert.Equal(1, slot.Load(out _).Get<long>("step"));
            Assert.Single(Directory.GetFiles(disk));
        }
        finally
        {
            Run("umount", disk);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private sealed class FullStream(Stream inner, int room) : Stream
    {
        private int _room = room;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            _room -= count;
            if (_room < 0)
            {
                throw new IOException("No space left on device.");
            }

            inner.Write(buffer, offset, count);
        }
    }
}
