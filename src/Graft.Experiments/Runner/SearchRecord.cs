using System.Text.Json.Serialization;

namespace Graft.Experiments.Runner;

/// <summary>What a search has tried so far: the file search.json, written anew after every trial, so that an interrupted search goes on where it was.</summary>
/// <param name="Trials">Every trial that is done, in order.</param>
internal sealed record SearchRecord(IReadOnlyList<TrialRecord> Trials);

/// <summary>One trial.</summary>
/// <param name="Arm">The arm; empty where nothing is compared.</param>
/// <param name="Trial">Its number, from 1.</param>
/// <param name="Share">Share of the epochs that it was given, in (0, 1].</param>
/// <param name="Values">What was tried, by key.</param>
/// <param name="Score">Mean of the deciding metrics on validation rows, the sign turned where less is better; null where it is not defined.</param>
internal sealed record TrialRecord(string Arm, int Trial, double Share, IReadOnlyDictionary<string, string> Values, double? Score);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SearchRecord))]
internal sealed partial class SearchJson : JsonSerializerContext;
