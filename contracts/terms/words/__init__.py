"""Words: how the parts of terms are said."""
