"""Our own web chat: a widget on the customer's side of the company's pages, served by this desk."""
