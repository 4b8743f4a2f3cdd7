using System.Diagnostics;
using System.Globalization;
using Graft.ResumeHost;
using Graft.Training;
using Graft.Training.Checkpoints;

// Trains in a folder, from its checkpoint where it has one, and dies by SIGKILL where it is told to:
//   host FOLDER [update N | line N | save N BYTES | milliseconds N]
string folder = args[0];
string what = args.Length > 1 ? args[1] : "";
int when = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 0;
int bytes = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 0;
int saves = 0;

void DieAt(string moment, int number)
{
    if (moment == what && number == when)
    {
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}

if (what == "milliseconds")
{
    new Thread(() =>
    {
        Thread.Sleep(when);
        DieAt(what, when);
    }) { IsBackground = true }.Start();
}

var training = new TinyTraining(updated: n => DieAt("update", n));
using var log = new TextLog(Path.Combine(folder, "events.log")) { Written = n => DieAt("line", n) };
var slot = new CheckpointSlot(Path.Combine(folder, "checkpoint.bin"), stream => new DyingStream(stream, ++saves == when && what == "save" ? bytes : long.MaxValue, () => DieAt("save", when)));
TrainingResult result = new Trainer(TinyTraining.Plan).Fit(training.Step, training.Validation, [log], slot, resume: true);

var state = new Graft.State();
state.Set("model", training.Model);
state.Set("steps", result.Steps);
state.Set("best", result.BestStep);
new CheckpointSlot(Path.Combine(folder, "result.bin")).Save(state);
