variable "alert_percentages" {
  description = "Alert when so many percent of the budget are spent."
  type        = set(number)
  default     = [50, 80, 100]

  validation {
    condition     = length(var.alert_percentages) <= 4 && alltrue([for percentage in var.alert_percentages : percentage > 0 && percentage <= 1000])
    error_message = "alert_percentages are at most four numbers above 0: AWS allows five alerts, and one is for the forecast."
  }
}

variable "emails" {
  description = "Who is told. With nobody there are no alerts."
  type        = set(string)
  default     = []

  validation {
    condition     = length(var.emails) <= 10 && alltrue([for email in var.emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "emails are at most ten e-mail addresses."
  }
}

variable "monthly_usd" {
  description = "The month's budget of the whole account, in US dollars. It limits nothing."
  type        = number

  validation {
    condition     = var.monthly_usd >= 1
    error_message = "monthly_usd is at least 1."
  }
}

variable "name" {
  description = "What the budget's name begins with."
  type        = string
}
