"""Photos and attachments: fetched before they expire, cleaned, sealed, shown to whoever may see the ticket."""
