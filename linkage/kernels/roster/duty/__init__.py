"""The roster kernel for work patterns of paid duty rotas: whole personal schedules, priced and combined."""
