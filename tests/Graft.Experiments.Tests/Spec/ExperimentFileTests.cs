using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Spec;

public sealed class ExperimentFileTests
{
    private const string Text = """
        name: first
        seeds: 3
        epochs: 10
        batch: 32
        data:
          letters: { source: csv, path: letters.csv, split: { validation: 0.1, test: 0.1 } }
          digits: { source: csv, path: digits.csv, split: { train: 60, validation: 100, test: 1000, stratify: label }, inputs: [a, b] }
        tasks:
          letter: { data: letters, type: multi-class, target: label }
          digit: { data: digits, type: multi-class, target: label, label-smoothing: 0.1 }
        model: { name: linear }
        optimizer: { name: adam, rate: 0.001 }
        stages:
          - { name: known, learn: letter, epochs: 5 }
          - name: new
            transfer: [digit]
            from: known
            compare: [scratch, { name: partial, id: head-only, layers: [fc2] }, full]
            rehearse: letter
            objective: { target: 1, source: 0.1, shared: { weight: 0.01, reference: domain-mean } }
        search:
          method: halving
          trials: 9
          space:
            batch: [16, 32]
            stages.known.epochs: { low: 1, high: 5, integer: true }
          tasks: letter

        """;

    [Fact]
    public void A_whole_workflow_is_read()
    {
        ExperimentSpec spec = ExperimentFile.Parse("exp/first.yaml", Text).Spec;

        StageSection transfer = spec.PlannedStages[1];
        Assert.Equal([1L, 2, 3], spec.Seeds);
        Assert.Equal(["letters", "digits"], spec.Data.Keys);
        Assert.Equal("csv", spec.DataOf(spec.Tasks["letter"])!.Source.Name);
        Assert.Equal(["a", "b"], spec.Data["digits"].Inputs!.Columns!);
        Assert.Equal(["scratch", "head-only", "full"], spec.ArmsOf(transfer).Select(a => a.Id));
        Assert.Equal(["joint"], spec.ArmsOf(spec.PlannedStages[0]).Select(a => a.Id));
        Assert.Equal((5, 32), (spec.PlannedStages[0].Training.Within(spec.Training).Epochs, spec.PlannedStages[0].Training.Within(spec.Training).Batch));
        Assert.Equal(["letter"], transfer.Rehearse!.Tasks);
        Assert.Equal((0.01, SharedReference.DomainMean), (transfer.Objective!.Shared!.Weight, transfer.Objective.Shared.Reference));
        Assert.Equal((SearchMethod.Halving, 9), (spec.Search!.Method, spec.Search.Trials));
    }

    [Fact]
    public void Without_stages_all_tasks_are_learned_and_the_arms_compared()
    {
        ExperimentSpec spec = ExperimentFile.Parse("e.yaml", """
            data: { d: { source: csv, path: d.csv } }
            tasks: { a: { type: binary, target: x }, b: { type: regression, target: [y, z] } }
            model: linear
            compare: [independent, joint]
            """).Spec;

        Assert.Equal(["a", "b"], Assert.Single(spec.PlannedStages).Tasks);
        Assert.Equal(["independent", "joint"], spec.ArmsOf(spec.PlannedStages[0]).Select(a => a.Id));
        Assert.Equal([1L], spec.Seeds);
    }

    [Fact]
    public void An_architecture_of_the_experiment_is_that_of_the_arms_in_which_tasks_learn_at_once()
    {
        ExperimentSpec spec = ExperimentFile.Parse("t.yaml", """
            data: { d: { source: csv, path: d.csv } }
            tasks: { a: { type: binary, target: x }, b: { type: regression, target: [y, z] } }
            model: linear
            architecture: hard-sharing
            compare: [independent, joint, { name: joint, id: other, architecture: { name: hard-sharing } }]
            """).Spec;

        Assert.Equal([false, true, true], spec.Compare!.Select(a => a.SharesModel));
        Assert.Equal("hard-sharing", spec.Compare![1].Training.Within(spec.Training).Architecture!.Name);
    }

    [Fact]
    public void An_architecture_is_no_model()
    {
        var e = Assert.Throws<GraftInputException>(() => ExperimentFile.Parse("t.yaml", "data: { d: { source: csv, path: d.csv } }\ntasks: { a: { type: binary, target: x } }\nmodel: hard-sharing\n"));

        Assert.Contains("model: no model is named 'hard-sharing'.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_resolved_experiment_reads_back_to_the_same()
    {
        ExperimentFile file = ExperimentFile.Parse("first.yaml", Text, ["epochs=2", "stages.new.mode=~"]);

        ExperimentFile again = ExperimentFile.Parse("first.yaml", file.Resolved);

        Assert.Equal(file.Resolved, again.Resolved);
        Assert.Equal(2, again.Spec.Training.Epochs);
        Assert.Contains("missing-indicator: true", file.Resolved, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trial_changes_values_and_leaves_the_file_as_it_is()
    {
        ExperimentFile file = ExperimentFile.Parse("first.yaml", Text);

        ExperimentFile trial = file.With([new("stages.known.epochs", new SpecScalar(default, "2"))]);

        Assert.Equal((5, 2), (file.Spec.Stages![0].Training.Epochs, trial.Spec.Stages![0].Training.Epochs));
    }

    [Theory]
    [InlineData("name: first", "name: a/b", "e.yaml(1,7): name: expected a name of 1 to 64 letters, digits, - and _, got 'a/b'.")]
    [InlineData("seeds: 3", "seeds: [1, 1]", "e.yaml(2,8): seeds: expected at least one seed, all different and >= 0, got [1, 1].")]
    [InlineData("epochs: 10", "epochs: 0", "e.yaml(3,9): epochs: expected an integer >= 1, got 0.")]
    [InlineData("epochs: 10", "epoch: 10", "e.yaml(3,1): no key is named 'epoch' here. Did you mean 'epochs'?")]
    [InlineData("source: csv, path: letters.csv", "source: cvs, path: letters.csv", "e.yaml(6,22): data.letters: no source is named 'cvs'. Did you mean 'csv'?")]
    [InlineData("validation: 0.1, test: 0.1", "validaton: 0.1, test: 0.1", "e.yaml(6,55): data.letters.split: no key is named 'validaton' here. Did you mean 'validation'?")]
    [InlineData("validation: 0.1, test: 0.1", "validation: 1.5, test: 0.1", "e.yaml(6,67): data.letters.split.validation: expected a fraction in [0, 1) or a whole number of rows, got 1.5.")]
    [InlineData("path: letters.csv", "path: letters.csv, augment: [{ name: rotate, degre: 3 }]", "e.yaml(6,72): data.letters.augment.rotate: no key is named 'degre' here.")]
    [InlineData("path: letters.csv", "path: letters.csv, augment: grey", "e.yaml(6,55): data.letters.augment: expected at least one random change, got grey.")]
    [InlineData("data: letters, type", "data: leters, type", "e.yaml(9,19): tasks.letter.data: no data set is named 'leters'. Did you mean 'letters'? There are letters, digits.")]
    [InlineData("data: letters, type", "type", "e.yaml(9,11): tasks.letter: expected a key 'data' with the name of a data set, got none. There are letters, digits.")]
    [InlineData("letter: { data: letters, type: multi-class", "letter: { data: letters, type: multiclass", "e.yaml(9,34): tasks.letter.type: expected one of binary, multi-class, multi-label, regression, got 'multiclass'. Did you mean 'multi-class'?")]
    [InlineData("target: label }", "target: [label, x] }", "e.yaml(9,55): tasks.letter.target: expected one column for multi-class, got 2. Make a task for each.")]
    [InlineData("target: label, label-smoothing: 0.1", "target: a", "e.yaml(10,53): tasks.digit.target: expected a column that is no input, got 'a', which the data set's inputs name.")]
    [InlineData("label-smoothing: 0.1", "label-smoothing: 1", "e.yaml(10,77): tasks.digit.label-smoothing: expected a number in [0, 1), got 1.")]
    [InlineData("label-smoothing: 0.1", "positive: x", "e.yaml(10,70): tasks.digit.positive: expected only for binary tasks, got it for multi-class.")]
    [InlineData("learn: letter", "learn: leter", "e.yaml(14,27): stages.known.learn: no task is named 'leter'. Did you mean 'letter'? There are letter, digit.")]
    [InlineData("learn: letter", "learn: []", "e.yaml(14,27): stages.known.learn: expected at least one task, got an empty list.")]
    [InlineData("learn: letter", "note: letter", "e.yaml(14,20): stages.known: no key is named 'note' here.")]
    [InlineData("transfer: [digit]", "transfer: [digit, digit]", "e.yaml(16,23): stages.new.transfer: expected each task once, got 'digit' again.")]
    [InlineData("from: known", "from: knwn", "e.yaml(17,11): stages.new.from: no earlier stage is named 'knwn'. Did you mean 'known'? There is known.")]
    [InlineData("    from: known\n", "", "e.yaml(15,5): stages.new: expected a key 'from' with an earlier stage or a model file, got none. Such as from: known.")]
    [InlineData("name: known,", "name: new,", "e.yaml(15,11): stages.name: expected each name once, got 'new' again.")]
    [InlineData("compare: [scratch", "compare: [scratsh", "e.yaml(18,15): stages.new.compare.0: no arrangement or plan is named 'scratsh'. Did you mean 'scratch'? `graft list arrangements` shows all ")]
    [InlineData("compare: [scratch", "compare: [joint", "e.yaml(18,15): stages.new: expected a plan of transfer, got 'joint', which is an arrangement of several tasks. `graft list plans` shows what fits.")]
    [InlineData("compare: [scratch", "compare: [full", "e.yaml(18,70): stages.new.compare: expected each arm once, got 'full' again. Tell them apart with a key 'id'.")]
    [InlineData("rehearse: letter", "baseline: fll", "e.yaml(19,15): stages.new.baseline: no arm is named 'fll'. Did you mean 'full'? There are scratch, head-only, full.")]
    [InlineData("rehearse: letter", "rehearse: digit", "e.yaml(19,15): stages.new.rehearse.tasks: expected tasks of earlier stages, got 'digit', which this stage learns.")]
    [InlineData("    rehearse: letter\n", "    mode: full\n", "e.yaml(19,11): stages.new.mode: expected either mode or compare, got both.")]
    [InlineData("reference: domain-mean", "reference: domain", "e.yaml(20,77): stages.new.objective.shared.reference: expected one of source-output, domain-mean, got 'domain'. Did you mean 'domain-mean'?")]
    [InlineData("batch: [16, 32]", "batch: [16, 0]", "e.yaml(25,17): search.space.batch: 0 does not fit: expected an integer >= 1, got 0.")]
    [InlineData("batch: [16, 32]", "bach: [16, 32]", "e.yaml(25,12): search.space.bach: 16 does not fit: no key is named 'bach' here. Did you mean 'batch'?")]
    [InlineData("batch: [16, 32]", "seeds: [1, 2]", "e.yaml(25,12): search.space.seeds: expected a setting of the training, got one that decides what is measured.")]
    [InlineData("batch: [16, 32]", "data.letters.inputs.numbers: [none, standard]", "e.yaml(25,34): search.space.data.letters.inputs.numbers: expected a setting of the training, got one that decides what is measured.")]
    [InlineData("stages.known.epochs: { low: 1, high: 5, integer: true }", "stages.new.layers: [1, 2]", "e.yaml(26,24): search.space.stages.new.layers: expected a setting that every arm takes from here, got one that arm 'head-only' has of its own. Leave it out there.")]
    [InlineData("inputs: [a, b]", "inputs: [x, x]", "e.yaml(7,120): data.digits.inputs.columns: expected at least one column, all different, got [x, x].")]
    [InlineData("inputs: [a, b]", "inputs: { columns: [a, b], exclude: [a] }", "e.yaml(7,148): data.digits.inputs.exclude: expected either columns or exclude, got both.")]
    [InlineData("inputs: [a, b]", "inputs: { channels: 2 }", "e.yaml(7,132): data.digits.inputs.channels: expected 1, 3, or 0 for those of the first picture, got 2.")]
    [InlineData("inputs: [a, b]", "inputs: { crop: 1.5 }", "e.yaml(7,128): data.digits.inputs.crop: expected 0 or a number from 0.05 to 1, got 1.5.")]
    [InlineData("inputs: [a, b]", "inputs: { mean: [0.5, 0.5] }", "e.yaml(7,128): data.digits.inputs.mean: expected a number for each channel, 1 or 3, got 2.")]
    [InlineData("inputs: [a, b]", "inputs: { deviation: [0] }", "e.yaml(7,133): data.digits.inputs.deviation: expected a number greater than 0 for each channel, 1 or 3, got [0].")]
    [InlineData("inputs: [a, b]", "inputs: { height: -3 }", "e.yaml(7,130): data.digits.inputs.height: expected a number from 0 to 65536, got -3.")]
    [InlineData("inputs: [a, b]", "inputs: { max-levels: 0 }", "e.yaml(7,134): data.digits.inputs.max-levels: expected an integer >= 1, got 0.")]
    [InlineData("inputs: [a, b]", "inputs: { max-tokens: 2000000 }", "e.yaml(7,134): data.digits.inputs.max-tokens: expected a number from 0 to 1048576, got 2000000.")]
    [InlineData("low: 1, high: 5, integer: true", "low: 1, high: 5", "e.yaml(26,26): search.space.stages.known.epochs: 2.527864 does not fit: expected an integer, got '2.527864'. Add integer: true.")]
    [InlineData("low: 1, high: 5", "low: 5, high: 1", "e.yaml(26,42): search.space.stages.known.epochs.high: expected a number greater than low, 5, got 1.")]
    [InlineData("low: 1, high: 5", "low: 0, high: 5, scale: log", "e.yaml(26,33): search.space.stages.known.epochs.low: expected a number > 0 on a log scale, got 0.")]
    [InlineData("optimizer: { name: adam", "optimizer: { name: adm", "e.yaml(12,20): optimizer: no optimizer is named 'adm'. Did you mean 'adam'? `graft list optimizers` shows all ")]
    [InlineData("epochs: 10", "schedule: { name: warm-up, then: { name: cosin } }", "e.yaml(3,42): schedule.then: no schedule is named 'cosin'. Did you mean 'cosine'? `graft list schedules` shows all ")]
    [InlineData("epochs: 10", "regularizer: [l2, { name: l1, strength: -1 }]", "e.yaml(3,41): regularizer.l1.strength: expected a number >= 0, got -1.")]
    [InlineData("epochs: 10", "sampler: class-balance", "e.yaml(3,10): sampler: no sampler is named 'class-balance'. Did you mean 'class-balanced'? `graft list samplers` shows all ")]
    [InlineData("target: 1, source: 0.1", "target: { weight: 1, curve: cosin }", "e.yaml(20,46): stages.new.objective.target.curve: no schedule is named 'cosin'. Did you mean 'cosine'?")]
    [InlineData("adam, rate: 0.001", "adam, rate: -1", "e.yaml(12,32): optimizer.rate: expected a number >= 0, got -1.")]
    [InlineData("label-smoothing: 0.1", "metrics: [accuracy, rmse]", "e.yaml(10,80): tasks.digit.metrics: expected a metric of multi-class tasks, got 'rmse'.")]
    [InlineData("method: halving", "metric: mae", "e.yaml(22,11): search.metric: expected a metric of multi-class tasks such as 'letter', got 'mae'.")]
    [InlineData("tasks: letter\n", "tasks: lettr\n", "e.yaml(27,10): search.tasks: no task is named 'lettr'. Did you mean 'letter'? There are letter, digit.")]
    [InlineData("compare: [scratch", "compare: [{ name: scratch, architecture: hard-sharing }", "e.yaml(18,46): stages.new: scratch.architecture: expected tasks that learn at once in one model (joint, grouped or distill), got 'hard-sharing' with scratch. An architecture says what such tasks share.")]
    [InlineData("from: known", "from: known\n    architecture: { name: hard-sharing }", "e.yaml(18,19): stages.new.architecture: expected tasks that learn at once in one model (joint, grouped or distill), got 'hard-sharing' with scratch, ")]
    [InlineData("learn: letter", "learn: letter, mode: grouped", "e.yaml(17,11): stages.new.from: expected a stage that learns one model, got 'known', which learns several (grouped). Learn it with joint.")]
    [InlineData("learn: letter", "learn: letter, architecture: cross-stitch", "e.yaml(17,11): stages.new.from: expected a stage whose tasks share one trunk, which can be carried to others, got 'known' with the architecture 'cross-stitch'. Learn it with hard-sharing.")]
    [InlineData("learn: letter", "learn: letter, architecture: hard-shering", "e.yaml(14,49): stages.known.architecture: no architecture is named 'hard-shering'. Did you mean 'hard-sharing'?")]
    public void What_cannot_be_meant_is_said_at_its_place(string right, string wrong, string expected)
    {
        Assert.Contains(right, Text, StringComparison.Ordinal);
        int at = Text.IndexOf(right, StringComparison.Ordinal);

        var e = Assert.Throws<GraftInputException>(() => ExperimentFile.Parse("e.yaml", Text[..at] + wrong + Text[(at + right.Length)..]));

        Assert.Contains(e.Findings, f => f.ToString().StartsWith(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("compare: [scratch, full]", "compare: expected a stage with transfer for these arms, got none: scratch, full.")]
    [InlineData("compare: [joint, full]", "compare: expected arms of one kind for these arms, got none: joint, full.")]
    [InlineData("compare: [jont]", "compare.0: no arrangement or plan is named 'jont'. Did you mean 'joint'?")]
    [InlineData("stages: []", "stages: expected at least one stage, got an empty list.")]
    [InlineData("tasks: {}", "tasks: expected at least one, got none.")]
    public void What_does_not_go_together_is_said(string more, string expected)
    {
        string tasks = more.StartsWith("tasks", StringComparison.Ordinal) ? "" : "tasks: { a: { type: binary, target: x } }\n";

        var e = Assert.Throws<GraftInputException>(() => ExperimentFile.Parse("e.yaml", $"data: {{ d: {{ source: csv, path: d.csv }} }}\n{tasks}model: linear\n{more}\n"));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_of_every_kind_are_said_together()
    {
        var e = Assert.Throws<GraftInputException>(() => ExperimentFile.Parse("e.yaml", """
            epoch: 3
            batch: 0
            seeds: many
            data:
              a: { source: csv, path: a.csv, spilt: { test: 0.1 } }
            tasks:
              one: { data: a, type: binry, target: y }
              two: { data: b, type: binary, target: y, label-smoothing: 2 }
            model: linear
            optimizer: { name: admw }
            stages:
              - { name: first, learn: [one, twoo], clip: -1 }
              - { name: second, transfer: [two], from: frist, compare: [scratch, fulll] }

            """));

        Assert.Equal(
            [1, 2, 3, 5, 7, 8, 8, 10, 12, 12, 13, 13],
            e.Findings.Select(f => f.Line));
    }

    [Fact]
    public void Damaged_files_give_an_experiment_or_findings_and_nothing_else()
    {
        var random = new Random(5);
        string[] lines = Text.Split('\n');
        string[] words = [.. Text.Split([' ', '\n', ',', '[', ']', '{', '}'], StringSplitOptions.RemoveEmptyEntries).Distinct()];
        for (int round = 0; round < 400; round++)
        {
            string[] changed = [.. lines];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                int at = random.Next(changed.Length);
                string word = words[random.Next(words.Length)];
                changed[at] = random.Next(4) switch
                {
                    0 => "",
                    1 => changed[at].Replace(word, words[random.Next(words.Length)], StringComparison.Ordinal),
                    2 => changed[at].Replace(word, "", StringComparison.Ordinal),
                    _ => changed[random.Next(changed.Length)],
                };
            }

            Exception? e = Record.Exception(() => ExperimentFile.Parse("e.yaml", string.Join('\n', changed)));

            Assert.True(e is null or GraftInputException, e + string.Join('\n', changed));
        }
    }

    [Fact]
    public void Values_of_the_command_line_say_so_where_they_are_wrong()
    {
        var e = Assert.Throws<GraftInputException>(() => ExperimentFile.Parse("e.yaml", Text, ["epochs=many"]));

        Assert.Equal("command line: epochs: expected an integer, got 'many'.", e.Message);
    }
}
