"""What an official account shows its followers beside the talk: menus and codes, as code and as published."""
