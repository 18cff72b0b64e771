"""llmaudit: where a company uses LLMs, who owns each use, what it costs, what is unseen."""

__version__ = "0.1.0"
