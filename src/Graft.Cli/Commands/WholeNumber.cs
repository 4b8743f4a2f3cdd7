using System.CommandLine;
using System.Globalization;

namespace Graft.Cli.Commands;

/// <summary>Options that are whole numbers within a range, with one sentence for everything else.</summary>
internal static class WholeNumber
{
    /// <summary>Makes one.</summary>
    /// <param name="name">How it is called, such as --threads.</param>
    /// <param name="least">The least number allowed.</param>
    /// <param name="most">The greatest number allowed.</param>
    /// <param name="description">What it does, for the help.</param>
    public static Option<int?> Option(string name, int least, int most, string description) => new(name)
    {
        Description = description,
        HelpName = "number",
        CustomParser = result =>
        {
            string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
            {
                return number;
            }

            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: expected a whole number from {least} to {most}, got '{text}'."));
            return null;
        },
    };
}
